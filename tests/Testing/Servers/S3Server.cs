using System.Globalization;

namespace Temper.Testing.Servers;

/// <summary>An S3 server on loopback, one per test process, in memory: s3rver with the parts of S3 that it lacks (s3.js). Tests take a bucket each.</summary>
public sealed class S3Server
{
    private const string Script = """
        command -v node >/dev/null || { echo "node is not installed." >&2; exit 1; }
        [ -f "$2/s3rver/lib/s3rver.js" ] || { echo "s3rver is not in $2." >&2; exit 1; }
        cd "$folder"
        node "$3" "$2" "$1" >"$folder/log" 2>&1 </dev/null &
        pid=$!
        for _ in $(seq 300); do
          grep -q "^ready" "$folder/log" && { echo ready; break; }
          kill -0 "$pid" 2>/dev/null || { cat "$folder/log" >&2; exit 1; }
          sleep 0.1
        done
        """;

    /// <summary>Its one access key, and the secret of that key.</summary>
    public const string Key = "S3RVER";

    private static readonly Lazy<Task<S3Server>> Shared = new(StartAsync);
    private static readonly HttpClient Http = new();
    private static int _buckets;

    private S3Server(int port) => Port = port;

    /// <summary>Port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Its address.</summary>
    public string Endpoint => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}");

    /// <summary>The variables from which a process takes the credentials.</summary>
    public static IReadOnlyDictionary<string, string> Credentials { get; } = new Dictionary<string, string>
    {
        ["AWS_ACCESS_KEY_ID"] = Key,
        ["AWS_SECRET_ACCESS_KEY"] = Key,
        ["AWS_EC2_METADATA_DISABLED"] = "true",
    };

    /// <summary>The server of this process, started at first use; this process gets its credentials.</summary>
    public static Task<S3Server> SharedAsync() => Shared.Value;

    /// <summary>Name of a new bucket.</summary>
    public async Task<string> NewBucketAsync()
    {
        var bucket = string.Create(CultureInfo.InvariantCulture, $"t{Interlocked.Increment(ref _buckets):D4}");
        using var answer = await Http.PutAsync(new Uri($"{Endpoint}/{bucket}"), null);
        answer.EnsureSuccessStatusCode();
        return bucket;
    }

    /// <summary>Address, as settings write it, of a new bucket.</summary>
    public async Task<string> NewAddressAsync() => $"s3://{await NewBucketAsync()}/some/place?endpoint={Uri.EscapeDataString(Endpoint)}";

    private static async Task<S3Server> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("temper-s3-").FullName;
        var port = GuardedServer.FreePort();
        var modules = Environment.GetEnvironmentVariable("TEMPER_TEST_NODE_MODULES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "temper-test", "node_modules");
        await GuardedServer.StartAsync("s3rver", Script, folder, port.ToString(CultureInfo.InvariantCulture), modules, RepoRoot.Of("tests", "Testing", "Servers", "s3.js"));
        foreach (var (name, value) in Credentials)
            Environment.SetEnvironmentVariable(name, value);
        return new(port);
    }
}
