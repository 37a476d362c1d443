using System.Text;
using System.Text.Unicode;

namespace Temper.Versioning.Diffing;

/// <summary>A text cut into lines, each with its line break; equal lines have equal numbers in all texts of one <see cref="LineNumbers"/>.</summary>
internal sealed class TextLines
{
    /// <summary>Longer files are not compared line by line when they are merged: 1 MiB.</summary>
    public const int LongestText = 1 << 20;

    private readonly byte[] _content;
    private readonly int[] _starts;

    private TextLines(byte[] content, int[] starts, int[] numbers) => (_content, _starts, Numbers) = (content, starts, numbers);

    /// <summary>Number of each line.</summary>
    public int[] Numbers { get; }

    /// <summary>Lines.</summary>
    public int Count => Numbers.Length;

    public static TextLines Of(byte[] content, LineNumbers numbers)
    {
        var starts = new List<int>();
        for (var at = 0; at < content.Length;)
        {
            starts.Add(at);
            var end = content.AsSpan(at).IndexOf((byte)'\n');
            at = end < 0 ? content.Length : at + end + 1;
        }
        starts.Add(content.Length);
        var ids = new int[starts.Count - 1];
        for (var i = 0; i < ids.Length; i++)
            ids[i] = numbers.Of(content.AsMemory(starts[i], starts[i + 1] - starts[i]));
        return new(content, [.. starts], ids);
    }

    /// <summary>Whether bytes are a text: UTF-8 without NUL.</summary>
    public static bool IsText(ReadOnlySpan<byte> content) => !content.Contains((byte)0) && Utf8.IsValid(content);

    /// <summary>Bytes of a run of lines.</summary>
    public ReadOnlySpan<byte> Slice(int first, int count) => _content.AsSpan(_starts[first], _starts[first + count] - _starts[first]);

    public ReadOnlySpan<byte> Line(int index) => Slice(index, 1);

    public bool EndsInLineBreak(int index) => _content[_starts[index + 1] - 1] == '\n';

    public override string ToString() => Encoding.UTF8.GetString(_content);
}
