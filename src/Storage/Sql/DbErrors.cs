using Microsoft.Data.Sqlite;
using Npgsql;
using Temper.Core.Errors;

namespace Temper.Storage.Sql;

/// <summary>What the errors of the two databases mean.</summary>
internal static class DbErrors
{
    private const int SqliteBusy = 5, SqliteLocked = 6;

    /// <summary>The transaction lost a race and did nothing: the same work may be tried again.</summary>
    public static bool IsLostRace(Exception error) => error switch
    {
        SqliteException e => e.SqliteErrorCode is SqliteBusy or SqliteLocked,
        PostgresException e => e.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected,
        _ => false,
    };

    /// <summary>A row broke a unique or primary key.</summary>
    public static bool IsDuplicate(Exception error) => error switch
    {
        SqliteException e => e.SqliteExtendedErrorCode is 1555 or 2067,
        PostgresException e => e.SqlState is PostgresErrorCodes.UniqueViolation,
        _ => false,
    };

    /// <summary>The environment's errors as the catalogue names them; null for a mistake of ours, which stays as it is.</summary>
    public static TemperException? Translate(Exception error, string address) => error switch
    {
        SqliteException e => Sqlite(e, address),
        PostgresException e => Postgres(e, address),
        NpgsqlException or TimeoutException => new("storage_unavailable", $"The database at {address} does not answer: {error.Message}", inner: error),
        _ => null,
    };

    private static TemperException? Sqlite(SqliteException e, string address) => e.SqliteErrorCode switch
    {
        13 => new("disk_full", $"There is no space left for the database {address}.", inner: e),
        3 or 8 or 14 or 23 => new("permission_denied", $"The database {address} cannot be opened for writing: {e.Message}", inner: e),
        SqliteBusy or SqliteLocked or 10 or 15 => new("storage_unavailable", $"The database {address} does not answer: {e.Message}", inner: e),
        11 or 26 => new("object_corrupt", $"The file {address} is not a sound SQLite database: {e.Message}", inner: e),
        _ => null,
    };

    private static TemperException? Postgres(PostgresException e, string address) => e.SqlState switch
    {
        PostgresErrorCodes.DiskFull => new("disk_full", $"There is no space left for the database at {address}.", inner: e),
        PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification
            => new("permission_denied", $"The database at {address} refuses access: {e.MessageText}", inner: e),
        PostgresErrorCodes.InvalidCatalogName => new("storage_unavailable", $"There is no such database at {address}: {e.MessageText}", inner: e),
        _ when e.SqlState[..2] is "08" or "53" or "57" or "58" || IsLostRace(e)
            => new("storage_unavailable", $"The database at {address} does not answer: {e.MessageText}", inner: e),
        _ => null,
    };
}
