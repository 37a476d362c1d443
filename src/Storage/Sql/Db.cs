using System.Collections.Concurrent;
using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;
using Temper.Core.Errors;

namespace Temper.Storage.Sql;

/// <summary>
/// The door to the database: an SQLite file or PostgreSQL, one SQL text for both. SQLite: write-ahead log, synchronous FULL, foreign keys; one writer
/// at a time, first come first served within the process. PostgreSQL: READ COMMITTED. Correctness rests on conditional statements, never on isolation.
/// Errors of the environment arrive as <c>disk_full</c>, <c>permission_denied</c>, <c>storage_unavailable</c>, <c>object_corrupt</c>. Safe from any thread.
/// </summary>
public sealed class Db : IAsyncDisposable
{
    private const int Tries = 8, NoTransaction = 1;
    private static readonly ConcurrentDictionary<string, SemaphoreSlim> WriterGates = new(StringComparer.Ordinal);

    private readonly DbDataSource _source;
    private readonly SemaphoreSlim? _writers;

    private Db(DbDataSource source, bool isPostgres, string address, SemaphoreSlim? writers) => (_source, IsPostgres, Address, _writers) = (source, isPostgres, address, writers);

    /// <summary>False: SQLite.</summary>
    public bool IsPostgres { get; }

    /// <summary>File, or host, port and database; never a password.</summary>
    public string Address { get; }

    /// <summary>A PostgreSQL connection string (<c>Host=…</c>) or the path of an SQLite file.</summary>
    public static Db Open(string address) =>
        address.StartsWith("Host=", StringComparison.OrdinalIgnoreCase) || address.Contains(";Host=", StringComparison.OrdinalIgnoreCase) ? Postgres(address) : Sqlite(address);

    /// <summary>An SQLite file, made when absent; its folder must exist. Not for network file systems: their locks do not hold.</summary>
    public static Db Sqlite(string path)
    {
        var full = Path.GetFullPath(path);
        return new(new SqliteSource(full), isPostgres: false, full, WriterGates.GetOrAdd(full, _ => new(1, 1)));
    }

    /// <summary>A PostgreSQL database, made beforehand with the C collation, so that text sorts as in SQLite. A server of Azure's without a password is
    /// signed in to with tokens of the process's identity.</summary>
    public static Db Postgres(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        var source = new NpgsqlDataSourceBuilder(connectionString);
        if (EntraTokens.Fit(settings))
            EntraTokens.Use(source);
        return new(source.Build(), isPostgres: true, $"{settings.Host}:{settings.Port}/{settings.Database}", writers: null);
    }

    /// <summary>
    /// The text as this database wants it: PostgreSQL takes the row locks, written <c>/*for update*/</c> and <c>/*for update skip locked*/</c>,
    /// that SQLite's single writer implies.
    /// </summary>
    public string Text(string sql) => IsPostgres
        ? sql.Replace("/*for update skip locked*/", "for update skip locked", StringComparison.Ordinal).Replace("/*for update*/", "for update", StringComparison.Ordinal)
        : sql;

    /// <summary>Whether <paramref name="error"/> says that a row broke a unique key.</summary>
    public static bool IsDuplicate(Exception error) => DbErrors.IsDuplicate(error);

    /// <summary>
    /// Runs <paramref name="work"/> in one transaction that writes: all of it happens, or nothing. It may run again when it lost a race, so it
    /// must have no effect outside the database; keep it short, others wait.
    /// </summary>
    public async Task<T> InTransactionAsync<T>(Func<DbSession, CancellationToken, Task<T>> work, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(work);
        return await RunAsync(write: true, connection => IsPostgres ? InPostgresAsync(connection, work, ct) : InSqliteAsync(connection, work, ct), ct);
    }

    /// <inheritdoc cref="InTransactionAsync{T}"/>
    public Task InTransactionAsync(Func<DbSession, CancellationToken, Task> work, CancellationToken ct) =>
        InTransactionAsync(async (session, token) =>
        {
            await work(session, token);
            return true;
        }, ct);

    /// <summary>Runs several reading statements on one connection, outside a transaction.</summary>
    public Task<T> ReadAsync<T>(Func<DbSession, CancellationToken, Task<T>> work, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(work);
        return RunAsync(write: false, connection => work(new DbSession(this, connection, null), ct), ct);
    }

    /// <summary>
    /// The same at once, for SQLite, which waits for nobody to answer: what runs once in a short process should not be many tasks.
    /// </summary>
    /// <exception cref="NotSupportedException">The database is PostgreSQL.</exception>
    public T Read<T>(Func<DbSession, T> work)
        where T : class?
    {
        ArgumentNullException.ThrowIfNull(work);
        if (IsPostgres)
            throw new NotSupportedException("PostgreSQL is asked asynchronously.");
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using var connection = _source.OpenConnection();
                return work(new DbSession(this, connection, null));
            }
            catch (Exception error) when (DbErrors.IsLostRace(error) && attempt < Tries)
            {
                Thread.Sleep(1 << attempt);
            }
            catch (Exception error) when (DbErrors.Translate(error, Address) is { } translated)
            {
                throw translated;
            }
        }
    }

    /// <summary>Rows of one reading statement.</summary>
    public Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? parameters, CancellationToken ct) =>
        RunAsync(write: false, connection => new DbSession(this, connection, null).QueryAsync<T>(sql, parameters, ct), ct);

    /// <summary>The only row of one reading statement; the type's default value when there is none.</summary>
    public Task<T?> FindAsync<T>(string sql, object? parameters, CancellationToken ct) =>
        RunAsync(write: false, connection => new DbSession(this, connection, null).FindAsync<T>(sql, parameters, ct), ct);

    /// <summary>First column of the first row of one reading statement.</summary>
    public Task<T?> ScalarAsync<T>(string sql, object? parameters, CancellationToken ct) =>
        RunAsync(write: false, connection => new DbSession(this, connection, null).ScalarAsync<T>(sql, parameters, ct), ct);

    /// <summary>One writing statement, or a script of several without parameters; the number of rows touched.</summary>
    public Task<int> ExecuteAsync(string sql, object? parameters, CancellationToken ct) =>
        RunAsync(write: true, connection => new DbSession(this, connection, null).ExecuteAsync(sql, parameters, ct), ct);

    /// <summary>
    /// Writes a copy of an SQLite database, as it is at one instant while others write, into a new file (<c>VACUUM INTO</c>), and makes it durable.
    /// </summary>
    /// <exception cref="NotSupportedException">The database is PostgreSQL, which has tools of its own for this.</exception>
    public async Task CopyToAsync(string file, CancellationToken ct)
    {
        if (IsPostgres)
            throw new NotSupportedException("PostgreSQL is copied by pg_dump or its own archiving.");
        await RunAsync(write: false, connection => new DbSession(this, connection, null).ExecuteAsync("vacuum into @file", new { file }, ct), ct);
        await using var written = new FileStream(file, FileMode.Open, FileAccess.ReadWrite);
        written.Flush(flushToDisk: true);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private async Task<T> RunAsync<T>(bool write, Func<DbConnection, Task<T>> work, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await RunOnceAsync(write, work, ct);
            }
            catch (Exception error) when (DbErrors.IsLostRace(error) && attempt < Tries)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(1 << attempt), ct);
            }
            catch (Exception error) when (DbErrors.Translate(error, Address) is { } translated)
            {
                throw translated;
            }
        }
    }

    private async Task<T> InPostgresAsync<T>(DbConnection connection, Func<DbSession, CancellationToken, Task<T>> work, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, ct);
        var result = await work(new DbSession(this, connection, transaction), ct);
        await transaction.CommitAsync(ct);
        return result;
    }

    /// <summary>In plain statements, because SQLite ends a transaction by itself when the disk is full, which the driver's own transaction takes for a
    /// mistake that hides the cause. Immediate: a transaction that reads first and then writes cannot meet a newer snapshot.</summary>
    private async Task<T> InSqliteAsync<T>(DbConnection connection, Func<DbSession, CancellationToken, Task<T>> work, CancellationToken ct)
    {
        var session = new DbSession(this, connection, null);
        session.Execute("begin immediate");
        try
        {
            var result = await work(session, ct);
            session.Execute("commit");
            return result;
        }
        catch
        {
            try
            {
                session.Execute("rollback");
            }
            catch (SqliteException e)
            {
                // Either SQLite was quicker, or the connection is beyond use and must not go back to the pool with its lock.
                if (e.SqliteErrorCode != NoTransaction)
                    SqliteConnection.ClearPool((SqliteConnection)connection);
            }
            throw;
        }
    }

    private async Task<T> RunOnceAsync<T>(bool write, Func<DbConnection, Task<T>> work, CancellationToken ct)
    {
        // SQLite lets whoever polls at the right moment write next; this queue makes it who came first.
        var gate = write ? _writers : null;
        if (gate is not null)
            await gate.WaitAsync(ct);
        try
        {
            await using var connection = await _source.OpenConnectionAsync(ct);
            return await work(connection);
        }
        finally
        {
            gate?.Release();
        }
    }
}
