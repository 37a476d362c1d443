using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Temper.Core.Ids;

namespace Temper.Hosts.Tests;

/// <summary><c>kill -9</c> of the server while a job waits for its data to be validated.</summary>
public sealed class ValidatingKillTests
{
    [Theory, InlineData("ingest.slice_written"), InlineData("ingest.lineage_written")]
    public async Task A_job_whose_server_dies_while_its_file_is_validated_is_trained_all_the_same(string step)
    {
        using var world = new TinyWorld();
        using (var server = await TemperProcess.UpAsync(world.Home()))
            await world.ImportBaseAsync(server.Address);
        string job;
        using (var doomed = await TemperProcess.UpAsync(world.Home(), 0, ("TEMPER_CRASH_AT", step)))
        {
            using var http = new HttpClient { BaseAddress = doomed.Address };
            using var form = new MultipartFormDataContent { { new StringContent("fine-tune"), "purpose" } };
            var content = new StringContent(string.Concat(Enumerable.Range(0, 16).Select(i => $$"""{"messages": [{"role": "user", "content": "what is number {{i}}"}, {"role": "assistant", "content": "it is the {{(char)('a' + i)}} box"}]}""" + "\n")));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/jsonl");
            form.Add(content, "file", "chats.jsonl");
            var file = await Json(await http.PostAsync(new Uri("v1/files", UriKind.Relative), form));
            var body = new { model = "base", training_file = file.GetProperty("id").GetString(), suffix = "bot", hyperparameters = new { n_epochs = 1 } };
            var made = await Json(await http.PostAsJsonAsync("v1/fine_tuning/jobs", body));
            job = made.GetProperty("id").GetString()!;
            Assert.Equal("validating_files", made.GetProperty("status").GetString());
            Assert.NotEqual(0, await doomed.ExitAsync(TimeSpan.FromMinutes(2)));
        }
        using (var server = await TemperProcess.UpAsync(world.Home()))
        {
            using var http = new HttpClient { BaseAddress = server.Address };
            JsonElement seen;
            var began = DateTime.UtcNow;
            do
            {
                await Task.Delay(100);
                seen = await Json(await http.GetAsync(new Uri($"v1/fine_tuning/jobs/{job}", UriKind.Relative)));
                Assert.True(DateTime.UtcNow - began < TimeSpan.FromMinutes(3), $"{seen}\n{server.Errors}");
            }
            while (seen.GetProperty("status").GetString() is "validating_files" or "queued" or "running");
            Assert.True(seen.GetProperty("status").GetString() == "succeeded", seen.ToString());
            using var client = server.Client();
            var made = (await client.Jobs.FindAsync(WorkId.Parse(job), default))!.Outcome!;
            Assert.Equal(1, made.Version);
            Assert.Single((await client.Models.VersionsAsync(made.Name!.Value, default))!.Items);
        }
    }

    private static async Task<JsonElement> Json(HttpResponseMessage response)
    {
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync();
            Assert.True(response.IsSuccessStatusCode, text);
            return JsonDocument.Parse(text).RootElement.Clone();
        }
    }
}
