using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Temper.Core.Json;
using Temper.Training.Ranks;

namespace Temper.Training.Jobs;

/// <summary>
/// A follower in a process of its own, started by the job's process. Its standard input and output are the two directions of the exchange: they need no address and
/// no secret, nobody else can speak on them, and the kernel ends them together with either process. What it writes for people comes over standard error.
/// </summary>
internal sealed class FollowerProcess
{
    private const int TailLines = 12;
    private const int PatienceMilliseconds = 2000;
    private readonly Process _process;
    private bool _isOver;
    private readonly Lock _gate = new();
    private readonly int _id;
    private readonly Queue<string> _tail = new();
    private readonly int _rank;
    private int? _code;

    private FollowerProcess(Process process, int rank) => (_process, _id, _rank) = (process, process.Id, rank);

    /// <summary>Starts one.</summary>
    /// <param name="start">What the job's process was told itself.</param>
    /// <param name="rank">Its part.</param>
    /// <param name="threads">Threads of its engine, 1 and up.</param>
    public static CrewMember Start(JobStart start, RankStart rank, int threads)
    {
        var program = start.Program is { Count: > 0 } given ? given : throw new InvalidOperationException("a job's process was not told how it was started");
        var process = Process.Start(new ProcessStartInfo(program[0], program.Skip(1)) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var follower = new FollowerProcess(process, rank.Rank);
        process.ErrorDataReceived += (_, line) => follower.Heard(line.Data);
        process.BeginErrorReadLine();
        var line = JsonSerializer.Serialize(start with { ApiKey = null, DieAt = null, Threads = threads, Rank = rank }, Wire.Json) + "\n";
        try
        {
            process.StandardInput.BaseStream.Write(Encoding.UTF8.GetBytes(line));
            process.StandardInput.BaseStream.Flush();
        }
        catch (IOException)
        {
            // It is dead already; the end of its other pipe tells.
        }
        return new(rank.Rank, process.StandardOutput.BaseStream, process.StandardInput.BaseStream, follower.LastWords, follower.End);
    }

    private string LastWords()
    {
        lock (_gate)
            if (!_isOver && _code is null && _process.WaitForExit(PatienceMilliseconds))
                Note();
        lock (_tail)
            return FormattableString.Invariant($"process {_id} {(_code is { } code ? $"ended with code {code}" : "closed its pipe")}. Its last lines: {(_tail.Count == 0 ? "none" : string.Join('\n', _tail))}");
    }

    /// <summary>A second call does nothing. On the leader's thread, while the one that reads the pipe may be asking for <see cref="LastWords"/>.</summary>
    private void End()
    {
        lock (_gate)
        {
            if (_isOver)
                return;
            _isOver = true;
            if (!_process.HasExited)
                _process.Kill();
            Note();
            _process.Dispose();
        }
    }

    /// <summary>How it ended, after all that it wrote.</summary>
    private void Note()
    {
        _process.WaitForExit();
        _code = _process.ExitCode;
    }

    private void Heard(string? line)
    {
        if (line is null)
            return;
        lock (_tail)
        {
            _tail.Enqueue(line);
            while (_tail.Count > TailLines)
                _tail.Dequeue();
        }
        Console.Error.WriteLine($"rank {_rank}: {line}");
    }
}
