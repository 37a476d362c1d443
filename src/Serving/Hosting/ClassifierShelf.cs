using Temper.Core.Work;
using Temper.Models;
using Temper.Tensors;

namespace Temper.Serving;

/// <summary>Loaded classifiers, the few that were used last. Each is asked one question at a time; two requests for one that is not there yet wait for one load.</summary>
internal sealed class ClassifierShelf(Func<IEngine> engine) : IDisposable
{
    private const int MostKept = 4;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = [];
    private long _clock;

    /// <summary>Asks the classifier of <paramref name="key"/>, which <paramref name="folders"/> finds when it is not loaded.</summary>
    public async Task<T> AskAsync<T>(string key, Func<Task<(string Folder, string? Base)>> folders, Func<ClassifierModel, T> ask, CancellationToken ct)
    {
        var entry = Take(key);
        try
        {
            await entry.Turn.WaitAsync(ct).ConfigureAwait(false);
            try
            {
                if (entry.Model is null)
                {
                    var (folder, made) = await folders().ConfigureAwait(false);
                    await Task.Run(() => entry.Load(folder, made, engine), ct).ConfigureAwait(false);
                }
                return await Task.Run(() => ask(entry.Model!), ct).ConfigureAwait(false);
            }
            finally
            {
                entry.Turn.Release();
            }
        }
        finally
        {
            Release(entry);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
            foreach (var entry in _entries.Values)
                entry.Dispose();
    }

    private Entry Take(string key)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(key, out var entry))
                _entries[key] = entry = new();
            entry.Holders++;
            entry.LastUsed = ++_clock;
            return entry;
        }
    }

    private void Release(Entry entry)
    {
        lock (_gate)
        {
            entry.Holders--;
            foreach (var (key, idle) in _entries.Where(e => e.Value.Holders == 0).OrderBy(e => e.Value.LastUsed).Take(Math.Max(0, _entries.Count - MostKept)).ToArray())
            {
                _entries.Remove(key);
                idle.Dispose();
            }
        }
    }

    private sealed class Entry : IDisposable
    {
        private IEngine? _engine;

        public SemaphoreSlim Turn { get; } = new(1);

        public ClassifierModel? Model { get; private set; }

        public int Holders { get; set; }

        public long LastUsed { get; set; }

        public void Load(string folder, string? made, Func<IEngine> make)
        {
            var engine = make();
            try
            {
                Model = ClassifierModel.Open(folder, made, engine);
                _engine = engine;
            }
            catch
            {
                engine.Dispose();
                throw;
            }
        }

        public void Dispose()
        {
            Model?.Dispose();
            _engine?.Dispose();
            Turn.Dispose();
        }
    }
}
