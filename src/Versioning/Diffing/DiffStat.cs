using System.Globalization;
using System.Text;
using Temper.Core.Errors;

namespace Temper.Versioning.Diffing;

/// <summary>How many lines of files changed, as git's <c>--stat</c>, <c>--numstat</c> and <c>--shortstat</c> show it.</summary>
public sealed class DiffStat
{
    private readonly List<Row> _rows = [];

    private sealed record Row(string Name, int Added, int Deleted, (long Old, long New)? Bytes, bool IsUnmerged)
    {
        public int Changed => Added + Deleted;
    }

    /// <summary>Files so far.</summary>
    public int Files => _rows.Count(r => !r.IsUnmerged);

    /// <summary>Lines that came.</summary>
    public int Added => _rows.Sum(r => r.Added);

    /// <summary>Lines that went.</summary>
    public int Deleted => _rows.Sum(r => r.Deleted);

    /// <summary>Each file: its name as it is shown, lines that came and went; null for what is no text.</summary>
    public IEnumerable<(string Name, int? Added, int? Deleted)> Rows =>
        _rows.Select(r => r.Bytes is null ? (r.Name, r.Added, r.Deleted) : (r.Name, (int?)null, (int?)null));

    /// <summary>Counts one file.</summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public async Task AddAsync(FileDifference difference, string name, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(difference);
        if (difference.IsUnmerged)
            _rows.Add(new(name, 0, 0, null, true));
        else if (await LineComparison.OfAsync(difference.Old, difference.New, ct) is { } lines)
            _rows.Add(new(name, lines.Added, lines.Deleted, null, false));
        else
            _rows.Add(new(name, 0, 0, difference.Old?.Id == difference.New?.Id ? (0, 0) : (difference.Old?.Size ?? 0, difference.New?.Size ?? 0), false));
    }

    /// <summary>The summary line; empty without files.</summary>
    public string Summary()
    {
        if (_rows.Count == 0)
            return "";
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $" {Files} {(Files == 1 ? "file" : "files")} changed"));
        if (Added > 0 || Deleted == 0)
            text.Append(CultureInfo.InvariantCulture, $", {Added} {(Added == 1 ? "insertion" : "insertions")}(+)");
        if (Deleted > 0 || Added == 0)
            text.Append(CultureInfo.InvariantCulture, $", {Deleted} {(Deleted == 1 ? "deletion" : "deletions")}(-)");
        return text.Append('\n').ToString();
    }

    /// <summary>A line for each file with a bar, then the summary.</summary>
    /// <param name="width">Columns, 22 and more; 80 where no terminal says otherwise.</param>
    public string Table(int width = 80)
    {
        if (_rows.Count == 0)
            return "";
        var most = _rows.Max(r => r.Changed);
        var binary = _rows.Max(r => r.IsUnmerged ? 8 : r.Bytes is { } bytes ? 14 + Digits(bytes.Old) + Digits(bytes.New) : 0);
        var number = Math.Max(Digits(most), _rows.Exists(r => r.Bytes is not null) ? 3 : 0);
        var (name, bar) = Widths(Math.Max(width, 22 + number), number, most, binary, _rows.Max(r => r.Name.Length));
        var text = new StringBuilder();
        foreach (var row in _rows)
        {
            text.Append(CultureInfo.InvariantCulture, $" {Shortened(row.Name, name).PadRight(name)} | ");
            if (row.IsUnmerged)
                text.Append("Unmerged");
            else if (row.Bytes is { } bytes)
                text.Append("Bin".PadLeft(number)).Append(bytes is (0, 0) ? "" : string.Create(CultureInfo.InvariantCulture, $" {bytes.Old} -> {bytes.New} bytes"));
            else
                text.Append(row.Changed.ToString(CultureInfo.InvariantCulture).PadLeft(number)).Append(row.Changed > 0 ? " " : "").Append(Bar(row, bar, most));
            text.Append('\n');
        }
        return text.Append(Summary()).ToString();
    }

    /// <summary>Columns of names and bars: what they ask for, else three eighths for the bars and the rest for the names.</summary>
    private static (int Name, int Bar) Widths(int width, int number, int most, int binary, int longest)
    {
        var (name, bar) = (longest, most + 4 > binary ? most : binary - 4);
        if (name + number + 6 + bar <= width)
            return (name, bar);
        bar = Math.Min(bar, Math.Max(width * 3 / 8 - number - 6, 6));
        return name > width - number - 6 - bar ? (width - number - 6 - bar, bar) : (name, width - number - 6 - name);
    }

    private static string Shortened(string name, int width)
    {
        if (name.Length <= width)
            return name;
        var tail = name[(name.Length - width + 3)..];
        return "..." + (tail.IndexOf('/', StringComparison.Ordinal) is >= 0 and var slash ? tail[slash..] : tail);
    }

    private static string Bar(Row row, int width, int most)
    {
        var (added, deleted) = (row.Added, row.Deleted);
        if (width <= most)
        {
            var total = Scaled(added + deleted, width, most);
            if (total < 2 && added > 0 && deleted > 0)
                total = 2;
            if (added < deleted)
                deleted = total - (added = Scaled(added, width, most));
            else
                added = total - (deleted = Scaled(deleted, width, most));
        }
        return new string('+', added) + new string('-', deleted);
    }

    private static int Scaled(int lines, int width, int most) => lines == 0 ? 0 : 1 + (int)((long)lines * (width - 1) / most);

    private static int Digits(long number) => number.ToString(CultureInfo.InvariantCulture).Length;
}
