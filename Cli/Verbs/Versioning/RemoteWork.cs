using System.CommandLine;
using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;
using Temper.Versioning.Sync;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>What the verbs share that speak to remotes: who asks, progress, and which remote is meant.</summary>
internal sealed class RemoteWork : IDisposable
{
    private readonly ProgressLine _line;

    public RemoteWork(string title, bool quiet, Signature who)
    {
        _line = new(title, quiet, Console.IsErrorRedirected, TimeProvider.System);
        Meter = new(new Shown(this), TimeProvider.System);
        Remotes = new(GlobalOptions.ApiKey, who, TimeProvider.System);
    }

    public RemoteWork(string title, VersionSession session) : this(title, session.Quiet, session.Mover()) { }

    public TransferMeter Meter { get; }

    public Remotes Remotes { get; }

    public Task<IRemote> OpenAsync(Repository repository, string name, CancellationToken ct) => Remotes.OpenAsync(repository, name, Meter, ct);

    /// <summary>The remote that is named, or that the branch follows, or the only one, or <c>origin</c>.</summary>
    public static async Task<string> NameAsync(Repository repository, string? given, CancellationToken ct)
    {
        if (given is not null)
            return given;
        var settings = new RemoteSettings(repository);
        var branch = (await repository.Refs.HeadAsync(ct)).ShortBranch;
        if (branch is not null && settings.Upstream(branch) is var (remote, _))
            return remote;
        return settings.Names() is [var only] ? only
            : settings.Names().Contains("origin", StringComparer.Ordinal) ? "origin"
            : throw new VersionExit(VersionVerb.Fatal, "remote_unknown", "No remote is set.", "`temper remote add origin URL` sets one.");
    }

    /// <summary>Lets files that a partial clone lacks be fetched when they are written into the work tree.</summary>
    public static void KeepPromises(VersionSession session)
    {
        if (!session.Repository.Objects.IsPartial)
            return;
        session.Repository.Promised = async (files, ct) =>
        {
            using var work = new RemoteWork("fetch", session);
            await PromisedFiles.FetchAsync(session.Repository, files, work.Remotes, work.Meter, ct);
        };
    }

    public void Dispose() => _line.Dispose();

    private void Show(TransferProgress progress)
    {
        // A pack of little is larger than what is in it: the total grows with what is sent.
        var total = progress.Total is { } announced ? Math.Max(announced, progress.Bytes) : (long?)null;
        var share = total is > 0 and var all ? (double)progress.Bytes / all : 0;
        if (progress.Bytes > 0)
            _line.Show(share, $"{progress.Phase} {Format.Bytes(progress.Bytes)}{(total is { } of ? $" of {Format.Bytes(of)}" : "")}, {Format.Bytes(progress.Rate)}/s");
    }

    private sealed class Shown(RemoteWork work) : IProgress<TransferProgress>
    {
        public void Report(TransferProgress value) => work.Show(value);
    }
}
