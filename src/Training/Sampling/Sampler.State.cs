using Temper.Core.Errors;

namespace Temper.Training.Sampling;

/// <summary>To a state and back.</summary>
public sealed partial class Sampler
{
    private const int Format = 1, VersionDigits = 12, ConfigDigits = 32;

    /// <summary>Where the walk stands: after <see cref="Step"/> steps.</summary>
    public SamplerState State => new(Format, Mix.Seed, _step, _epoch, _draw, _turn, Mix.Batch, _mix.Described, _mix.ConfigDigest.Hex[..ConfigDigits], [.. Mix.Datasets.Select(StateOf)]);

    /// <summary>Goes to where a state was taken.</summary>
    /// <param name="mix">The mix of today.</param>
    /// <param name="state">Of the same mix, unless <paramref name="force"/>.</param>
    /// <param name="force">Take over what can be taken over: the step, and the cursors of datasets that are still there by id and buckets; others begin with the epoch.</param>
    /// <exception cref="TemperException"><c>data_state_mismatch</c>, naming every difference; <c>data_state_invalid</c>.</exception>
    public static Sampler Resume(Mix mix, SamplerState state, bool force = false)
    {
        var sampler = new Sampler(mix);
        var differences = sampler.Differences(state).ToArray();
        if (differences.Length > 0 && !force)
            throw new TemperException(differences);
        sampler.Take(state);
        return sampler;
    }

    private DatasetState StateOf(MixDataset dataset, int d)
    {
        var pass = long.MaxValue;
        for (var f = _mix.FirstBucket[d]; f < _mix.FirstBucket[d + 1]; f++)
            pass = Math.Min(pass, _taken[f] / _mix.Items[f]);
        var cursor = Enumerable.Range(_mix.FirstBucket[d], dataset.Buckets.Count).Select(f => _taken[f] - pass * _mix.Items[f]);
        return new(dataset.Id, dataset.Version.Hex[..VersionDigits], _mix.With[d], pass, [.. cursor], _left[d] <= 0);
    }

    private IEnumerable<Problem> Differences(SamplerState state)
    {
        Problem? Compare(string path, object then, object now) => then.Equals(now) ? null
            : new("data_state_mismatch", $"The data state was saved with {path} {then}; this run has {now}.") { Path = path, Value = then.ToString() };

        var (then, now) = (state.Datasets.DistinctBy(d => d.Id).ToDictionary(d => d.Id), Mix.Datasets.ToDictionary(d => d.Id));
        var found = new List<Problem?>
        {
            Compare("seed", state.Seed, Mix.Seed), Compare("batch", state.Batch, Mix.Batch), Compare("mix", state.Mix, Mix.Described),
            Compare("datasets", string.Join(", ", state.Datasets.Select(d => d.Id)), string.Join(", ", Mix.Datasets.Select(d => d.Id))),
        };
        foreach (var (id, dataset) in now)
            if (then.TryGetValue(id, out var saved))
            {
                found.Add(Compare($"datasets.{id}.version", saved.Version, dataset.Version.Hex[..VersionDigits]));
                found.Add(Compare($"datasets.{id}", saved.With, dataset.Described));
            }
        if (found.TrueForAll(p => p is null))
            found.Add(Compare("config_sha", state.ConfigSha, Mix.ConfigDigest.Hex[..ConfigDigits]));
        return found.OfType<Problem>();
    }

    private void Take(SamplerState state)
    {
        if (state is not { V: Format, GlobalStep: >= 0, Epoch: >= 0, Draw: >= 0, Turn: >= 0 })
            throw Invalid($"v {state.V}, step {state.GlobalStep}, epoch {state.Epoch}, draw {state.Draw} are not those of format {Format}");
        (_step, _epoch, _draw, _turn, _empty) = (state.GlobalStep, state.Epoch, state.Draw, state.Turn, 0);
        for (var d = 0; d < _left.Length; d++)
        {
            var saved = state.Datasets.FirstOrDefault(s => s.Id == Mix.Datasets[d].Id);
            var known = saved is not null && saved.Cursor.Count == Mix.Datasets[d].Buckets.Count;
            for (var f = _mix.FirstBucket[d]; f < _mix.FirstBucket[d + 1]; f++)
                _taken[f] = known ? Taken(saved!, d, f) : Mix.StopOn == StopOn.MaxSteps ? 0 : _mix.Granted(d, f, _epoch);
        }
        Count();
    }

    private long Taken(DatasetState saved, int d, int f)
    {
        var (cursor, most) = (saved.Cursor[f - _mix.FirstBucket[d]], _mix.Granted(d, f, _epoch + 1L));
        if (cursor < 0 || saved.Pass < 0 || saved.Pass > MixTables.Endless / _mix.Items[f])
            throw Invalid($"dataset '{saved.Id}' has pass {saved.Pass} and cursor {cursor}");
        return Math.Min(most, saved.Pass * _mix.Items[f] + cursor);
    }

    private static TemperException Invalid(FormattableString why) => new("data_state_invalid", $"The data state cannot be used: {FormattableString.Invariant(why)}.");
}
