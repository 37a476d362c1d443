using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Temper.Storage.Sql;

/// <summary>Pooled connections to one SQLite file, each with the pragmas that the product relies on.</summary>
internal sealed class SqliteSource(string path) : DbDataSource
{
    // busy_timeout first: two processes that switch a new file to WAL at once wait for each other instead of failing.
    private const string Pragmas = "pragma busy_timeout = 30000; pragma journal_mode = wal; pragma synchronous = full;";

    public override string ConnectionString { get; } =
        new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 30, ForeignKeys = true, Pooling = true }.ToString();

    protected override DbConnection CreateDbConnection() => new SqliteConnection(ConnectionString);

    // The base class would call OpenAsync of the connection and so skip the pragmas.
    protected override ValueTask<DbConnection> OpenDbConnectionAsync(CancellationToken cancellationToken = default) => new(OpenDbConnection());

    protected override DbConnection OpenDbConnection()
    {
        var connection = (SqliteConnection)CreateDbConnection();
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = Pragmas;
            command.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    // Called with false by DisposeAsync, so the flag decides nothing here.
    protected override void Dispose(bool disposing)
    {
        // Pooled connections keep the file open: a folder could not be removed after the store was closed.
        using var connection = new SqliteConnection(ConnectionString);
        SqliteConnection.ClearPool(connection);
        base.Dispose(disposing);
    }
}
