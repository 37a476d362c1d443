using System.Net.Http.Headers;

namespace Temper.Core.Registry;

/// <summary>
/// All that programs ask of a registry, over HTTP, also inside the one-process edition. One instance a program; safe from any thread.
/// </summary>
public sealed class RegistryClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly RegistryHttp _requests;

    /// <summary>A client of the registry at <paramref name="address"/>.</summary>
    /// <param name="address">Such as <c>http://127.0.0.1:5080</c>.</param>
    /// <param name="apiKey">Sent as bearer token where given.</param>
    /// <param name="patience">How long to repeat what gets no answer. Zero for people, minutes for workers.</param>
    /// <param name="clock">For the pauses between attempts.</param>
    public RegistryClient(Uri address, string? apiKey, TimeSpan patience, TimeProvider clock)
    {
        _http = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), UseProxy = false })
        {
            BaseAddress = new Uri(address.AbsoluteUri.TrimEnd('/') + "/"),
            Timeout = TimeSpan.FromSeconds(100),
        };
        if (apiKey is not null)
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", apiKey);
        _requests = new(_http, patience, clock);
        Uploads = new(_requests);
        Work = new(_requests);
        Datasets = new(_requests);
        Models = new(_requests);
        Jobs = new(_requests);
        Sweeps = new(_requests);
        Events = new(_requests);
        Repositories = new(_requests);
    }

    /// <summary>Where the registry is.</summary>
    public Uri Address => _http.BaseAddress!;

    /// <summary>For requests that are not the registry's own, such as chat, to the same address.</summary>
    public HttpClient Http => _http;

    /// <summary>Sending files.</summary>
    public UploadClient Uploads { get; }

    /// <summary>Claiming and finishing work.</summary>
    public WorkClient Work { get; }

    /// <summary>Datasets and their versions.</summary>
    public DatasetClient Datasets { get; }

    /// <summary>Models and their versions.</summary>
    public ModelClient Models { get; }

    /// <summary>Jobs as people follow them.</summary>
    public JobClient Jobs { get; }

    /// <summary>Groups of jobs that try settings.</summary>
    public SweepClient Sweeps { get; }

    /// <summary>The log of events.</summary>
    public EventClient Events { get; }

    /// <summary>Repositories of the version store.</summary>
    public RepositoryClient Repositories { get; }

    /// <summary>Who answers.</summary>
    public Task<ServerInfo> ServerAsync(CancellationToken ct) => _requests.GetAsync<ServerInfo>("api/v1/server", ct);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}
