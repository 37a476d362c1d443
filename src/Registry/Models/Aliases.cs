using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.References;
using Temper.Core.Registry;
using Temper.Registry.Evaluations;
using Temper.Registry.Events;
using Temper.Storage.Sql;

namespace Temper.Registry.Models;

/// <summary>Moves aliases by compare and swap; every move is kept.</summary>
public sealed class Aliases
{
    private const string Create = "insert into aliases (model, alias, version, updated_ms) values (@model, @alias, @version, @now) on conflict (model, alias) do nothing";
    private const string Swap = "update aliases set version = @version, updated_ms = @now where model = @model and alias = @alias and version = @seen";
    private const string Stands = "select version from aliases where model = @model and alias = @alias /*for update*/";
    private const string Keep = "insert into alias_history (id, model, alias, from_version, to_version, at_ms) values (@id, @model, @alias, @seen, @version, @now)";

    private readonly Journal _journal;
    private readonly Gates _gates;
    private readonly TimeProvider _clock;

    internal Aliases(Journal journal, Gates gates, TimeProvider clock) => (_journal, _gates, _clock) = (journal, gates, clock);

    /// <summary>Moves <paramref name="alias"/> if it still stands where the caller saw it.</summary>
    /// <exception cref="TemperException">Codes <c>alias_moved</c>, <c>alias_invalid</c> (also for <c>latest</c>), <c>not_found</c>, <c>gate_failed</c>.</exception>
    public Task MoveAsync(ResourceName model, string alias, AliasMove move, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(move);
        if (!AliasName.IsValid(alias) || alias == "latest")
            throw new TemperException("alias_invalid", $"'{alias}' cannot be moved: it breaks the spelling rule, or the registry keeps it.");
        return _journal.WriteAsync(async (session, events, token) =>
        {
            if (await session.ScalarAsync<long>("select count(*) from model_versions where name = @model and version = @version", new { model, version = (long)move.Version }, token) == 0)
                throw new TemperException("not_found", $"There is no {model}:{move.Version} for '{alias}' to stand on.");
            await _gates.CheckAsync(session, model, alias, move.Version, token);
            await SwapAsync(session, events, model, alias, move, null, token);
            return true;
        }, ct);
    }

    /// <summary>Moves an alias that the registry keeps, wherever it stands.</summary>
    internal async Task MoveAsync(DbSession session, EventDrafts events, ResourceName model, string alias, int version, string? traceparent, CancellationToken ct)
    {
        var seen = await session.ScalarAsync<long?>(Stands, new { model, alias }, ct);
        await SwapAsync(session, events, model, alias, new(version, (int?)seen), traceparent, ct);
    }

    private async Task SwapAsync(DbSession session, EventDrafts events, ResourceName model, string alias, AliasMove move, string? traceparent, CancellationToken ct)
    {
        var now = _clock.GetUtcNow().ToUnixTimeMilliseconds();
        var row = new { id = Ulid.New(_clock), model, alias, version = (long)move.Version, now, seen = (long?)move.Expected };
        if (await session.ExecuteAsync(move.Expected is null ? Create : Swap, row, ct) == 0)
        {
            var found = await session.ScalarAsync<long?>(Stands, new { model, alias }, ct);
            throw new TemperException("alias_moved", $"{model}@{alias} stands on {Text((int?)found)}; the caller saw {Text(move.Expected)}.");
        }
        await session.ExecuteAsync(Keep, row, ct);
        events.Add("model.alias.moved", $"model/{model}", new { name = model, alias, from = move.Expected, to = move.Version }, traceparent);
    }

    private static string Text(int? version) => version is { } number ? $"version {number}" : "no version";
}
