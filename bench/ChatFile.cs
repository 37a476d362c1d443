using System.Text;

namespace Temper.Bench;

/// <summary>Chats made of a small vocabulary, the same on every machine: lengths and repetition as in support data, one in twenty a copy.</summary>
internal static class ChatFile
{
    private static readonly string[] Words = [.. "the a to of and is it you that in for on with your this can how what my not order account please we have when will if from be or are by at box water parcel refund password email address button screen open close click settings payment card number date time help thanks hello support team ticket issue error reset update install version device cable battery light door key code page list file save send receive return policy days hours phone call".Split(' ')];

    /// <summary>Writes at least <paramref name="bytes"/> of chats.</summary>
    public static void Write(string file, long bytes)
    {
        using var stream = File.Create(file);
        for (var row = 0; stream.Position < bytes; row++)
        {
            var same = row % 20 == 19 ? row - 7 : row;
            stream.Write(Encoding.UTF8.GetBytes($"{{\"messages\": [{{\"role\": \"user\", \"content\": \"{Sentence(same, 1, 24)}?\"}}, {{\"role\": \"assistant\", \"content\": \"{Sentence(same, 2, 90)}.\\n{Sentence(same, 3, 40)}.\"}}]}}\n"));
        }
    }

    /// <summary>
    /// A canonical record of one text of 30 to 60 made-up words, independent of every other row's: what rows have in common is chance.
    /// <paramref name="changed"/> not below 0 adds a word by that number.
    /// </summary>
    public static byte[] Canonical(int row, int changed)
    {
        var state = Seed(row, 4);
        var (words, count) = (new StringBuilder(400), 30 + (int)(Next(ref state) % 31));
        for (var word = 0; word < count; word++)
        {
            if (word == count / 2 && changed >= 0)
                words.Append(System.Globalization.CultureInfo.InvariantCulture, $"x{changed} ");
            var draw = Next(ref state);
            for (var letter = 0UL; letter < 3 + (draw % 6); letter++)
                words.Append((char)('a' + (draw >> (int)(8 + (6 * letter)) & 63) % 26));
            words.Append(' ');
        }
        var text = words.ToString();
        return Encoding.UTF8.GetBytes($"{{\"rec_id\":\"{row:x64}\",\"source\":{{\"file\":\"a\",\"line\":{row + 1},\"offset\":0}},\"kind\":\"text\",\"text\":\"{text}\"}}");
    }

    private static string Sentence(int row, int part, int most)
    {
        var state = Seed(row, part);
        var (sentence, count) = (new StringBuilder(most * 6), (most / 2) + (int)(Next(ref state) % (ulong)(most / 2)));
        for (var i = 0; i < count; i++)
        {
            var draw = Next(ref state);
            sentence.Append(i == 0 ? "" : " ").Append(draw % 7 == 0 ? (draw >> 40).ToString("x", System.Globalization.CultureInfo.InvariantCulture) : Words[(int)((draw >> 8) % (ulong)Words.Length)]);
        }
        return sentence.ToString();
    }

    /// <summary>Where the numbers of a row's part begin: far from those of its neighbours, which would else be the same, one further.</summary>
    private static ulong Seed(int row, int part)
    {
        var state = unchecked(((ulong)row * 0xD1342543DE82EF95) + (ulong)part);
        return Next(ref state);
    }

    /// <summary>SplitMix64 (Steele, Lea and Flood 2014).</summary>
    private static ulong Next(ref ulong state)
    {
        unchecked
        {
            state += 0x9E3779B97F4A7C15;
            var z = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
