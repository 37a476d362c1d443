using System.Data.Common;
using System.Globalization;
using System.Text;
using Temper.Core.Ids;
using Temper.Storage.Sql;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Repositories;

/// <summary>
/// The file <c>logs/refs</c>: a line for every move, <c>NUMBER OLD NEW NAME TAB WHO TAB REASON</c>, ids of zeroes for none, flushed after the
/// database. What a crash kept from being written is written with the next move.
/// </summary>
internal sealed class RefJournal(Db db, string path)
{
    private static readonly string None = new('0', 64);

    /// <summary>Puts a move into the database, as part of the transaction that makes it.</summary>
    public static void Note(DbSession session, string name, Digest? old, Digest? now, Signature who, string reason)
    {
        using var insert = session.NewCommand("insert into reflog (name, old, new, who, reason) values (@name, @old, @new, @who, @reason)");
        insert.With("@name", name).With("@old", old?.Hex).With("@new", now?.Hex).With("@who", ObjectText.Of(who))
            .With("@reason", reason.ReplaceLineEndings(" ").Replace('\t', ' ')).ExecuteNonQuery();
    }

    /// <summary>Brings the file up to the database.</summary>
    public async Task WriteAsync(CancellationToken ct)
    {
        using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        var last = LastNumber(file);
        var text = await db.ReadAsync((session, _) => Task.FromResult(After(session, last)), ct);
        if (text.Length == 0)
            return;
        file.Seek(0, SeekOrigin.End);
        file.Write(Encoding.UTF8.GetBytes(text));
        file.Flush(flushToDisk: true);
    }

    private static string After(DbSession session, long last)
    {
        using var command = session.NewCommand("select id, old, new, name, who, reason from reflog where id > @last order by id");
        command.With("@last", last);
        using var reader = command.ExecuteReader();
        var text = new StringBuilder();
        while (reader.Read())
            text.Append(CultureInfo.InvariantCulture, $"{reader.GetInt64(0)} {IdOf(reader, 1)} {IdOf(reader, 2)} {reader.GetString(3)}\t{reader.GetString(4)}\t{reader.GetString(5)}\n");
        return text.ToString();
    }

    private static string IdOf(DbDataReader reader, int column) => reader.IsDBNull(column) ? None : reader.GetString(column);

    /// <summary>Number of the last whole line; what a crash left of a line after it is cut off.</summary>
    private static long LastNumber(FileStream file)
    {
        var tail = new byte[Math.Min(file.Length, 16 << 10)];
        file.Seek(-tail.Length, SeekOrigin.End);
        file.ReadExactly(tail);
        var end = tail.AsSpan().LastIndexOf((byte)'\n');
        if (end != tail.Length - 1)
            file.SetLength(file.Length - tail.Length + end + 1);
        if (end < 0)
            return 0;
        var start = tail.AsSpan(0, end).LastIndexOf((byte)'\n') + 1;
        var line = tail.AsSpan(start, end - start);
        return line.IndexOf((byte)' ') is > 0 and var space && long.TryParse(line[..space], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }
}
