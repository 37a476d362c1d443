using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>Runs programs with an explicit stack and a limit of steps, so that neither depth nor time can run away.</summary>
internal sealed class PatternMatcher
{
    private readonly List<(int Instruction, int At, int Least)> retries = [];
    private long stepsLeft;

    /// <summary>Sets the limit for one text.</summary>
    public void Begin(long steps)
    {
        stepsLeft = steps;
        retries.Clear();
    }

    /// <summary>End of the match that begins at a place; -1 when there is none.</summary>
    public int Match(PatternProgram program, ReadOnlySpan<char> text, int at)
    {
        var floor = retries.Count;
        var (next, place) = (0, at);
        var instructions = program.Instructions;
        while (true)
        {
            ref readonly var instruction = ref instructions[next];
            Spend(1);
            var going = true;
            switch (instruction.Step)
            {
                case PatternStep.Done:
                    retries.RemoveRange(floor, retries.Count - floor);
                    return place;
                case PatternStep.Take:
                    going = Take(instruction.Set!, text, ref place);
                    next++;
                    break;
                case PatternStep.Run or PatternStep.RunPossessive:
                    going = Run(instruction, text, next, ref place);
                    next++;
                    break;
                case PatternStep.Split:
                    if (instruction.Set is { } first && (place >= text.Length || !first.Contains(CodePoints.At(text, place, out _))))
                    {
                        next = instruction.Second;
                        break;
                    }

                    retries.Add((instruction.Second, place, -1));
                    next = instruction.First;
                    break;
                case PatternStep.Jump:
                    next = instruction.First;
                    break;
                default:
                    going = Match(instruction.Inner!, text, place) >= 0 == (instruction.Step == PatternStep.Look);
                    next++;
                    break;
            }

            if (!going && !Retry(floor, text, ref next, ref place)) return -1;
        }
    }

    private static bool Take(CodePointSet set, ReadOnlySpan<char> text, ref int place)
    {
        if (place >= text.Length || !set.Contains(CodePoints.At(text, place, out var length))) return false;
        place += length;
        return true;
    }

    private bool Run(in PatternInstruction run, ReadOnlySpan<char> text, int next, ref int place)
    {
        var (least, count) = (run.First == 0 ? place : -1, 0);
        while (count < run.Second && Take(run.Set!, text, ref place))
            if (++count == run.First) least = place;
        Spend(count);
        if (count < run.First) return false;
        if (place > least && run.Step == PatternStep.Run) retries.Add((next + 1, place, least));
        return true;
    }

    /// <summary>Goes back to the latest choice: another branch, or a run that gives back one code point.</summary>
    private bool Retry(int floor, ReadOnlySpan<char> text, ref int next, ref int place)
    {
        if (retries.Count == floor) return false;
        (next, place, var least) = retries[^1];
        retries.RemoveAt(retries.Count - 1);
        if (least < 0) return true;
        place = CodePoints.Before(text, place);
        if (place > least) retries.Add((next, place, least));
        return true;
    }

    private void Spend(int steps)
    {
        stepsLeft -= steps;
        if (stepsLeft < 0) throw new TemperException("tokenizer_limit", "Encoding a text: the tokenizer's pattern takes too many steps on it.");
    }
}
