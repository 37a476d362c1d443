using Temper.Core.Ids;
using Temper.Storage.Sql;

namespace Temper.Registry.Relays;

/// <summary>How far one target has been told, and which process tells it now.</summary>
internal sealed class RelayCursor(Db db, string name, TimeProvider clock)
{
    private static readonly TimeSpan Hold = TimeSpan.FromSeconds(60);

    private const string Create = """
        insert into relays (name, last_seq) values (@name, (select last from event_counter where id = 1)) on conflict (name) do nothing
        """;

    private const string Take = """
        update relays set holder = @holder, held_until_ms = @until where name = @name and (holder = @holder or holder is null or held_until_ms <= @now) returning last_seq
        """;

    private const string Move = "update relays set last_seq = @seq, held_until_ms = @until where name = @name and holder = @holder";

    private readonly string _holder = Ulid.New(clock);

    /// <summary>Begins with what happens from now on, unless the target was told something before.</summary>
    public Task CreateAsync(CancellationToken ct) => db.ExecuteAsync(Create, new { name }, ct);

    /// <summary>Last event that the target has; null while another process tells it.</summary>
    public Task<long?> TakeAsync(CancellationToken ct) => db.InTransactionAsync((session, token) => session.ScalarAsync<long?>(Take, Row(0), token), ct);

    /// <summary>False: another process tells it now.</summary>
    public async Task<bool> MoveAsync(long seq, CancellationToken ct) => await db.ExecuteAsync(Move, Row(seq), ct) == 1;

    private object Row(long seq) => new { name, holder = _holder, seq, now = Now(TimeSpan.Zero), until = Now(Hold) };

    private long Now(TimeSpan ahead) => (clock.GetUtcNow() + ahead).ToUnixTimeMilliseconds();
}
