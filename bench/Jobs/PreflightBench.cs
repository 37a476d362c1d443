using System.Diagnostics;
using System.Globalization;

namespace Temper.Bench;

/// <summary><c>temper preflight</c> as a user calls it, on chats that are sealed: the first time, and again with examples that are cached.</summary>
internal static class PreflightBench
{
    private const int BytesOfChat = 900;

    public static Dictionary<string, object> Run(Arguments arguments)
    {
        arguments.Allow("--temper");
        if (!int.TryParse(arguments.Words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var rows) || rows < 1)
            throw new UsageException($"preflight {arguments.Words[1]}: a whole number of rows is needed.");
        using var world = new JobWorld(BenchModel.Of("A"), (long)rows * BytesOfChat, 8, "fp32");
        using var server = new TemperServer(arguments, world.Place("home"));
        server.Run("import", world.Base, "--name", "base");
        server.Run("upload", world.Data, "--dataset", "chats", "--wait", "--json");
        var times = new List<double>();
        for (var i = 0; i < 2; i++)
        {
            var began = Stopwatch.GetTimestamp();
            server.Run("preflight", world.RecipeFile, "--json");
            times.Add(Math.Round(Stopwatch.GetElapsedTime(began).TotalSeconds, 2));
        }
        var lines = File.ReadLines(world.Data).Count();
        return new() { ["bench"] = "preflight", ["chats"] = lines, ["mb"] = Math.Round(new FileInfo(world.Data).Length / 1e6, 1), ["first_s"] = times[0], ["again_s"] = times[1], ["chats_s"] = Math.Round(lines / times[0]) };
    }
}
