using System.Globalization;
using System.Text.RegularExpressions;

namespace Temper.Hosts.Tests.Versioning;

/// <summary>
/// What a loss of power may take from a process that died: bytes that were written and not flushed, and names whose folder was not flushed after a
/// file was renamed. Read from the log of its system calls, so that the database's writes count like our own.
/// </summary>
internal sealed partial class UnsyncedBytes
{
    private readonly Dictionary<string, Tracked> _files = new(StringComparer.Ordinal);
    private readonly List<(string From, string To)> _renames = [];
    private readonly Dictionary<string, byte[]> _before = new(StringComparer.Ordinal);

    private sealed class Tracked
    {
        public long Length { get; set; }
        public long Synced { get; set; }
        public List<(long From, long To)> Dirty { get; } = [];
    }

    /// <summary>Remembers what is durable before the process begins.</summary>
    public UnsyncedBytes(IEnumerable<string> folders)
    {
        foreach (var file in folders.Where(Directory.Exists).SelectMany(f => Directory.EnumerateFiles(f, "*", SearchOption.AllDirectories)))
            _before[file] = File.ReadAllBytes(file);
    }

    /// <summary>The program that has to be put before another one.</summary>
    public static string[] Recorder(string log) =>
        ["strace", "-f", "-y", "-s", "0", "-e", "signal=none", "-o", log, "-e", "trace=open,openat,creat,write,writev,pwrite64,pwritev,fsync,fdatasync,ftruncate,fallocate,rename,renameat,renameat2,unlink,unlinkat"];

    /// <summary>Reads the log.</summary>
    public void Read(string log)
    {
        var begun = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in File.ReadLines(log))
        {
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            var (process, call) = (line[..Math.Max(0, space)], line[(space + 1)..].TrimStart());
            const string Cut = "<unfinished ...>", Resumed = " resumed>";
            if (call.EndsWith(Cut, StringComparison.Ordinal))
            {
                begun[process] = call[..^Cut.Length];
                continue;
            }
            if (call.StartsWith("<... ", StringComparison.Ordinal) && begun.Remove(process, out var start))
                call = start + call[(call.IndexOf(Resumed, StringComparison.Ordinal) + Resumed.Length)..];
            if (Call().Match(call) is { Success: true } match && !match.Groups["result"].Value.StartsWith('-'))
                Take(match.Groups["name"].Value, match.Groups["arguments"].Value, long.Parse(match.Groups["result"].ValueSpan, CultureInfo.InvariantCulture), match.Groups["path"].Value);
        }
    }

    /// <summary>Loses what was not flushed in these folders.</summary>
    /// <param name="folders">Full paths.</param>
    /// <param name="zeros">Whether lost bytes become zeros; else files end where their durable bytes do.</param>
    /// <returns>How many files and names lost something.</returns>
    public int Lose(IReadOnlyList<string> folders, bool zeros)
    {
        var count = 0;
        bool IsIn(string path) => folders.Any(folder => path.StartsWith(folder + "/", StringComparison.Ordinal));
        foreach (var (from, to) in Enumerable.Reverse(_renames).Where(r => IsIn(r.To) && File.Exists(r.To)))
        {
            File.Move(to, from, overwrite: true);
            Move(to, from);
            if (_before.TryGetValue(to, out var old))
                File.WriteAllBytes(to, old);
            count++;
        }
        foreach (var (path, file) in _files.Where(f => IsIn(f.Key) && File.Exists(f.Key)))
        {
            // Shared memory is made anew from the log of the database.
            if (path.EndsWith("-shm", StringComparison.Ordinal))
                File.Delete(path);
            else
                count += Lose(path, file, zeros) ? 1 : 0;
        }
        return count;
    }

    private static bool Lose(string path, Tracked file, bool zeros)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        var lost = file.Dirty.Select(d => (d.From, To: Math.Min(d.To, stream.Length))).Where(d => d.To > d.From && (zeros || d.From < file.Synced)).ToList();
        foreach (var (from, to) in lost)
        {
            stream.Position = from;
            stream.Write(new byte[to - from]);
        }
        if (zeros || stream.Length <= file.Synced)
            return lost.Count > 0;
        stream.SetLength(file.Synced);
        return true;
    }

    private void Take(string name, string arguments, long result, string opened)
    {
        var path = Handle().Match(arguments) is { Success: true } handle ? handle.Groups[1].Value : "";
        switch (name)
        {
            case "open" or "openat" or "creat" when opened.Length > 0 && (name == "creat" || arguments.Contains("O_TRUNC", StringComparison.Ordinal)):
                _files[opened] = new();
                break;
            case "write" or "writev" when path.StartsWith('/'):
                Wrote(path, Of(path).Length, result);
                break;
            case "pwrite64" or "pwritev" when path.StartsWith('/'):
                Wrote(path, Last(arguments), result);
                break;
            case "fallocate" or "ftruncate" when path.StartsWith('/'):
                Resized(Of(path), name == "ftruncate" ? Last(arguments) : null);
                break;
            case "fsync" or "fdatasync" when Directory.Exists(path):
                _renames.RemoveAll(r => Path.GetDirectoryName(r.To) == path);
                break;
            case "fsync" or "fdatasync" when path.StartsWith('/'):
                Of(path).Synced = Of(path).Length;
                Of(path).Dirty.Clear();
                break;
            case "rename" or "renameat" or "renameat2" when Names(arguments) is [var from, var to]:
                Move(from, to);
                _renames.Add((from, to));
                break;
            case "unlink" or "unlinkat" when Names(arguments) is [var gone]:
                _files.Remove(gone);
                _renames.RemoveAll(r => r.To == gone);
                break;
        }
    }

    private Tracked Of(string path)
    {
        if (!_files.TryGetValue(path, out var file))
        {
            var length = _before.TryGetValue(path, out var old) ? old.Length : 0;
            _files[path] = file = new() { Length = length, Synced = length };
        }
        return file;
    }

    private void Wrote(string path, long at, long count)
    {
        var file = Of(path);
        file.Dirty.Add((at, at + count));
        file.Length = Math.Max(file.Length, at + count);
    }

    private static void Resized(Tracked file, long? length)
    {
        if (length is not { } now)
            return;
        (file.Length, file.Synced) = (now, Math.Min(file.Synced, now));
    }

    private void Move(string from, string to)
    {
        var file = Of(from);
        _files.Remove(from);
        _files[to] = file;
    }

    private static long Last(string arguments) => long.Parse(arguments.AsSpan(arguments.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture);

    /// <summary>Full paths of the names in a call: each quoted, relative ones behind the folder that they are below.</summary>
    private static string[] Names(string arguments) =>
        [.. Name().Matches(arguments).Select(m => m.Groups["name"].Value.StartsWith('/') ? m.Groups["name"].Value : Path.Combine(m.Groups["folder"].Value, m.Groups["name"].Value))];

    [GeneratedRegex(@"^(?<name>\w+)\((?<arguments>.*)\)\s+= (?<result>-?\d+)(<(?<path>[^>]*)>)?")]
    private static partial Regex Call();

    [GeneratedRegex(@"^\d+<([^>]*)>")]
    private static partial Regex Handle();

    [GeneratedRegex(@"((\d+|AT_FDCWD)<(?<folder>[^>]*)>, )?""(?<name>[^""]*)""")]
    private static partial Regex Name();
}
