using System.Diagnostics;

namespace Temper.Models.Tests;

/// <summary>Inputs that once broke a parser, or stand for a kind of damage: data/corpus/{parser}/.</summary>
internal static class Corpus
{
    private const double Patience = 20;

    /// <summary>All inputs of a parser; there is at least one.</summary>
    public static string[] Files(string parser)
    {
        var files = Directory.GetFiles(TinyModel.DataPath(Path.Combine("corpus", parser))).Order(StringComparer.Ordinal).ToArray();
        Assert.NotEmpty(files);
        return files;
    }

    /// <summary>Feeds one input; whatever escapes names its file.</summary>
    public static void Feed(string file, Action feed)
    {
        var clock = Stopwatch.StartNew();
        try
        {
            feed();
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{Path.GetFileName(file)}: {e.GetType().Name}: {e.Message}", e);
        }

        Assert.True(clock.Elapsed.TotalSeconds < Patience, $"{Path.GetFileName(file)} took {clock.Elapsed.TotalSeconds:F1} s");
    }
}
