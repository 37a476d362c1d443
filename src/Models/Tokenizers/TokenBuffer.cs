using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Temper.Models;

/// <summary>Collects tokens and, when they are asked for, their places in the original text. Used for one text after another.</summary>
internal sealed class TokenBuffer
{
    private const int First = 1 << 10, MostKept = 1 << 18;
    private int[] ids = new int[First], starts = [], ends = [];

    /// <summary>Number of tokens.</summary>
    public int Count { get; private set; }

    /// <summary>Whether every token must have a place.</summary>
    public bool HasPlaces { get; private set; }

    /// <summary>Empties it.</summary>
    public void Begin(bool places)
    {
        (Count, HasPlaces) = (0, places);
        if (places && starts.Length < ids.Length) (starts, ends) = (new int[ids.Length], new int[ids.Length]);
    }

    /// <summary>Gives back the memory of a very long text.</summary>
    public void Trim()
    {
        if (ids.Length > MostKept) (ids, starts, ends) = (new int[First], [], []);
    }

    /// <summary>A token whose place follows.</summary>
    public void Add(int id)
    {
        Room(1)[0] = id;
        Count++;
    }

    /// <summary>Tokens whose places follow.</summary>
    public void Add(ReadOnlySpan<int> tokens)
    {
        tokens.CopyTo(Room(tokens.Length));
        Count += tokens.Length;
    }

    /// <summary>The first one to four of four tokens, whose places follow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(Vector128<int> tokens, int count)
    {
        if (Count > ids.Length - Vector128<int>.Count) Grow(Vector128<int>.Count);
        tokens.CopyTo(ids, Count);
        Count += count;
    }

    /// <summary>A token with its place.</summary>
    public void Add(int id, int start, int end)
    {
        Add(id);
        SetPlace(Count - 1, (start, end));
    }

    /// <summary>Tokens of a word.</summary>
    public void Add(Segment word, ReadOnlySpan<WordToken> tokens)
    {
        var room = Room(tokens.Length);
        for (var i = 0; i < room.Length; i++)
        {
            room[i] = tokens[i].Id;
            if (HasPlaces) SetPlace(Count + i, word.Original(tokens[i].Start, tokens[i].End));
        }

        Count += tokens.Length;
    }

    /// <summary>Room behind the tokens, of which <see cref="Take"/> keeps what was filled.</summary>
    public Span<int> Room(int tokens)
    {
        if (Count + tokens > ids.Length) Grow(tokens);
        return ids.AsSpan(Count, tokens);
    }

    /// <summary>Keeps tokens that were written into <see cref="Room"/>.</summary>
    public void Take(int tokens) => Count += tokens;

    /// <summary>The tokens from a number on, until the next one is added.</summary>
    public ReadOnlySpan<int> Since(int from) => ids.AsSpan(from, Count - from);

    /// <summary>A token's id.</summary>
    public int IdAt(int token) => ids[token];

    /// <summary>Sets a token's place; nothing when places are not asked for.</summary>
    public void SetPlace(int token, (int Start, int End) place)
    {
        if (HasPlaces) (starts[token], ends[token]) = place;
    }

    /// <summary>A copy of the ids.</summary>
    public int[] Ids() => ids.AsSpan(0, Count).ToArray();

    /// <summary>A copy of everything. Only when places were asked for.</summary>
    public TokenEncoding Build() => new(Ids(), starts.AsSpan(0, Count).ToArray(), ends.AsSpan(0, Count).ToArray());

    private void Grow(int more)
    {
        var length = Math.Max(ids.Length * 2, Count + more);
        Array.Resize(ref ids, length);
        if (!HasPlaces) return;
        Array.Resize(ref starts, length);
        Array.Resize(ref ends, length);
    }
}
