using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Temper.Testing;

namespace Temper.Hosts.Tests;

/// <summary><c>temper data fetch</c>: what rows of a CSV file name is downloaded, and what cannot be is told row by row.</summary>
public sealed class DataFetchTests : IDisposable
{
    private static readonly byte[] Picture = [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, 1, 2, 3, 4];
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Rows_that_cannot_be_had_are_listed_and_exported_without_formulas()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var serving = ServeAsync(listener);
        File.WriteAllText(_folder.Of("=rows.csv"), $"url,caption\nhttp://127.0.0.1:{port}/a.png,fine\nhttps://10.0.0.1/b.png,inside\nfile:///etc/passwd,local\n");
        File.WriteAllText(_folder.Of("datasets.yaml"), "version: 1\ndatasets:\n  - {id: pictures, type: csv, dataset_type: image, csv_file: '=rows.csv', csv_caption_column: caption, caption_strategy: csv, resolution: 64, resolution_type: pixel}\n");

        var (exit, output, errors) = await FetchAsync("--json", "--allow-host", $"127.0.0.1:{port}", "--failed", _folder.Of("failed.csv"));
        Assert.True(exit == 1, errors);
        var dataset = JsonDocument.Parse(output).RootElement[0];
        Assert.Equal((2, 2), (dataset.GetProperty("items").GetInt32(), dataset.GetProperty("failed").GetArrayLength()));
        var rows = File.ReadAllLines(_folder.Of("failed.csv"));
        Assert.Equal("dataset,file,line,code,reason", rows[0]);
        Assert.StartsWith("pictures,'=rows.csv,3,FETCH_BLOCKED,", rows[1]);
        Assert.StartsWith("pictures,'=rows.csv,4,FETCH_URL,", rows[2]);

        listener.Stop();
        await serving;
        var (again, cached, _) = await FetchAsync("--json", "--allow-host", $"127.0.0.1:{port}");
        Assert.Equal(1, again);
        Assert.Equal(2, JsonDocument.Parse(cached).RootElement[0].GetProperty("items").GetInt32());
    }

    private Task<(int Exit, string Output, string Errors)> FetchAsync(params string[] options) =>
        TemperProcess.RunAsync(["data", "fetch", _folder.Of("datasets.yaml"), "--home", _folder.Of("home"), .. options]);

    private static async Task ServeAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync();
                var stream = client.GetStream();
                _ = await stream.ReadAsync(new byte[4096]);
                await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: {Picture.Length}\r\nConnection: close\r\n\r\n"));
                await stream.WriteAsync(Picture);
            }
        }
        catch (SocketException)
        {
        }
        catch (ObjectDisposedException)
        {
        }
    }
}
