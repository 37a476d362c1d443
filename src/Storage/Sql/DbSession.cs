using System.Data.Common;
using Dapper;

namespace Temper.Storage.Sql;

/// <summary>
/// One connection, and the transaction that runs on it. SQL text is the same for both databases (docs/formats/sql.md); parameters are the
/// properties of an object, columns in snake_case meet properties in PascalCase. A row type needs a constructor without parameters and settable
/// properties: SQLite's integers are all 64 bits wide and would not match a positional record. Not safe from two threads at once.
/// </summary>
public sealed class DbSession
{
    private readonly Db _db;
    private readonly DbConnection _connection;
    private readonly DbTransaction? _transaction;

    internal DbSession(Db db, DbConnection connection, DbTransaction? transaction) => (_db, _connection, _transaction) = (db, connection, transaction);

    /// <summary>All rows, in the order that the text asks for.</summary>
    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? parameters, CancellationToken ct) =>
        (await _connection.QueryAsync<T>(Command(sql, parameters, ct))).AsList();

    /// <summary>The only row; the type's default value (null for classes) when there is none.</summary>
    /// <exception cref="InvalidOperationException">More than one row.</exception>
    public async Task<T?> FindAsync<T>(string sql, object? parameters, CancellationToken ct) =>
        await _connection.QuerySingleOrDefaultAsync<T>(Command(sql, parameters, ct));

    /// <summary>First column of the first row; the type's default value when there is no row or the value is null.</summary>
    public async Task<T?> ScalarAsync<T>(string sql, object? parameters, CancellationToken ct) =>
        await _connection.ExecuteScalarAsync<T>(Command(sql, parameters, ct));

    /// <summary>Runs a statement; the number of rows that it touched. A list of objects as parameters runs it once for each.</summary>
    public async Task<int> ExecuteAsync(string sql, object? parameters, CancellationToken ct) =>
        await _connection.ExecuteAsync(Command(sql, parameters, ct));

    /// <summary>
    /// Inserts many rows, some dozens per statement; rows whose key is taken are left as they are. Every row has one value per column. The names of
    /// table and columns become SQL text: never pass what came from outside.
    /// </summary>
    public async Task InsertAsync(string table, IReadOnlyList<string> columns, IReadOnlyList<object?[]> rows, CancellationToken ct)
    {
        const int AtOnce = 60;
        for (var start = 0; start < rows.Count; start += AtOnce)
        {
            var parameters = new DynamicParameters();
            var tuples = new List<string>();
            for (var r = start; r < Math.Min(rows.Count, start + AtOnce); r++)
            {
                tuples.Add($"({string.Join(", ", columns.Select((_, c) => $"@p{r - start}_{c}"))})");
                for (var c = 0; c < columns.Count; c++)
                    parameters.Add($"p{r - start}_{c}", rows[r][c]);
            }
            await ExecuteAsync($"insert into {table} ({string.Join(", ", columns)}) values {string.Join(", ", tuples)} on conflict do nothing", parameters, ct);
        }
    }

    /// <summary>
    /// A command of this connection and transaction for many rows: prepare it once, set its parameters, run it again and again. The caller disposes it.
    /// </summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA2100", Justification = "The text is the caller's own; values are parameters.")]
    public DbCommand NewCommand(string sql)
    {
        var command = _connection.CreateCommand();
        command.CommandText = _db.Text(sql);
        command.Transaction = _transaction;
        return command;
    }

    /// <summary>Runs a statement without parameters, and without the mapper, which takes long to start.</summary>
    internal void Execute(string sql)
    {
        using var command = NewCommand(sql);
        command.ExecuteNonQuery();
    }

    private CommandDefinition Command(string sql, object? parameters, CancellationToken ct)
    {
        DbTypes.Register();
        return new(_db.Text(sql), parameters, _transaction, cancellationToken: ct);
    }
}
