namespace Temper.Models;

/// <summary>What an instruction does.</summary>
internal enum PatternStep : byte
{
    /// <summary>Takes one code point of the set.</summary>
    Take,

    /// <summary>Takes Least to Most code points of the set and gives back from the end.</summary>
    Run,

    /// <summary>As Run, but gives nothing back.</summary>
    RunPossessive,

    /// <summary>Goes on at First; when that fails, or the next code point is outside the set, at Second.</summary>
    Split,

    /// <summary>Goes on at First.</summary>
    Jump,

    /// <summary>Goes on when Inner matches here.</summary>
    Look,

    /// <summary>Goes on when Inner does not match here.</summary>
    LookNot,

    /// <summary>The end.</summary>
    Done,
}

/// <summary>One instruction.</summary>
internal readonly record struct PatternInstruction(PatternStep Step, CodePointSet? Set = null, int First = 0, int Second = 0, PatternProgram? Inner = null);

/// <summary>A compiled regular expression.</summary>
internal sealed class PatternProgram
{
    private const int MostInstructions = 4000;
    private readonly List<PatternInstruction> instructions = [];
    private readonly PatternInstruction[] finished;

    private PatternProgram(PatternNode node)
    {
        Add(node);
        Emit(new(PatternStep.Done));
        finished = [.. instructions];
    }

    /// <summary>The instructions.</summary>
    public ReadOnlySpan<PatternInstruction> Instructions => finished;

    /// <summary>Compiles an expression.</summary>
    /// <exception cref="PatternException">It is damaged, too large or not supported.</exception>
    public static PatternProgram Compile(string source) => new(PatternParser.Parse(source));

    private void Add(PatternNode node)
    {
        switch (node)
        {
            case PatternSet set:
                Emit(new(PatternStep.Take, set.Set));
                break;
            case PatternSequence sequence:
                foreach (var part in sequence.Parts) Add(part);
                break;
            case PatternChoice choice:
                Choice(choice);
                break;
            case PatternLook look:
                Emit(new(look.Negative ? PatternStep.LookNot : PatternStep.Look, Inner: new PatternProgram(look.Part)));
                break;
            case PatternRepeat { Lazy: false, Part: PatternSet repeated } run:
                Emit(new(run.Possessive ? PatternStep.RunPossessive : PatternStep.Run, repeated.Set, run.Least, run.Most));
                break;
            case PatternRepeat repeat:
                Repeat(repeat);
                break;
        }
    }

    private void Choice(PatternChoice choice)
    {
        var jumps = new List<int>();
        for (var i = 0; i < choice.Alternatives.Count; i++)
        {
            var split = i + 1 < choice.Alternatives.Count ? Emit(default) : -1;
            Add(choice.Alternatives[i]);
            if (split < 0) break;
            jumps.Add(Emit(default));
            instructions[split] = new(PatternStep.Split, FirstSet(choice.Alternatives[i]), split + 1, instructions.Count);
        }

        foreach (var jump in jumps) instructions[jump] = new(PatternStep.Jump, First: instructions.Count);
    }

    /// <summary>A set that holds the first code point of every match; null when that is not known.</summary>
    private static CodePointSet? FirstSet(PatternNode node)
    {
        var set = new CodePointSet();
        return TakesFirst(node, set) ? set : null;
    }

    /// <summary>Adds what a match can begin with; tells whether it must take a code point.</summary>
    private static bool TakesFirst(PatternNode node, CodePointSet set)
    {
        switch (node)
        {
            case PatternSet one:
                set.Add(one.Set);
                return true;
            case PatternSequence sequence:
                foreach (var part in sequence.Parts)
                    if (TakesFirst(part, set)) return true;
                return false;
            case PatternChoice choice:
                var all = true;
                foreach (var alternative in choice.Alternatives) all &= TakesFirst(alternative, set);
                return all;
            case PatternRepeat repeat:
                return TakesFirst(repeat.Part, set) && repeat.Least > 0;
            default:
                return false;
        }
    }

    private void Repeat(PatternRepeat repeat)
    {
        for (var i = 0; i < repeat.Least; i++) Add(repeat.Part);
        if (repeat.Most == int.MaxValue)
        {
            var split = Emit(default);
            Add(repeat.Part);
            Emit(new(PatternStep.Jump, First: split));
            instructions[split] = Fork(split + 1, instructions.Count, repeat.Lazy);
            return;
        }

        var forks = new List<int>();
        for (var i = repeat.Least; i < repeat.Most; i++)
        {
            forks.Add(Emit(default));
            Add(repeat.Part);
        }

        foreach (var fork in forks) instructions[fork] = Fork(fork + 1, instructions.Count, repeat.Lazy);
    }

    private static PatternInstruction Fork(int into, int past, bool lazy) => lazy ? new(PatternStep.Split, First: past, Second: into) : new(PatternStep.Split, First: into, Second: past);

    private int Emit(PatternInstruction instruction)
    {
        if (instructions.Count >= MostInstructions) throw new PatternException("more repetitions than can be written out");
        instructions.Add(instruction);
        return instructions.Count - 1;
    }
}
