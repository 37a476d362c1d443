namespace Temper.Ingest;

/// <summary>Scripts by ranges of Unicode, and the languages that have one to themselves as far as we can tell.</summary>
internal static class Scripts
{
    public const int Latin = 0, Cyrillic = 1, Count = 11;
    private const int Greek = 2, Han = 3, Kana = 4, Hangul = 5, Arabic = 6, Hebrew = 7, Devanagari = 8, Thai = 9, Other = 10;

    /// <summary>Languages that their script tells.</summary>
    public static readonly string[] Languages = ["zh", "ja", "ko", "ar", "el", "he", "hi", "th"];

    /// <summary>Script of a letter beyond ASCII.</summary>
    public static int Of(int rune) => rune switch
    {
        < 0x250 or (>= 0x1E00 and < 0x1F00) => Latin,
        >= 0x370 and < 0x400 or (>= 0x1F00 and < 0x2000) => Greek,
        >= 0x400 and < 0x530 => Cyrillic,
        >= 0x590 and < 0x600 => Hebrew,
        >= 0x600 and < 0x780 => Arabic,
        >= 0x900 and < 0x980 => Devanagari,
        >= 0xE00 and < 0xE80 => Thai,
        >= 0x3040 and < 0x3100 => Kana,
        >= 0x3400 and < 0xA000 or (>= 0x20000 and < 0x32000) => Han,
        >= 0xAC00 and < 0xD7B0 or (>= 0x1100 and < 0x1200) => Hangul,
        _ => Other,
    };

    /// <summary>The script of most letters and its share of them; Japanese writes in two.</summary>
    public static int Main(ReadOnlySpan<int> counts, out double share)
    {
        var (all, main) = (0, 0);
        for (var script = 0; script < Count; script++)
        {
            all += counts[script];
            main = counts[script] > counts[main] ? script : main;
        }
        var own = main is Han or Kana ? counts[Han] + counts[Kana] : counts[main];
        share = all == 0 ? 0 : (double)own / all;
        return main;
    }

    /// <summary>The language of a script that has one alone; null for the others.</summary>
    public static string? LanguageOf(int script, ReadOnlySpan<int> counts) => script switch
    {
        Han or Kana => counts[Kana] * 10 > counts[Han] ? "ja" : "zh",
        Hangul => "ko",
        Arabic => "ar",
        Greek => "el",
        Hebrew => "he",
        Devanagari => "hi",
        Thai => "th",
        _ => null,
    };
}
