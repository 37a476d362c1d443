namespace Temper.Versioning.Diffing;

/// <summary>
/// Settles where a change stands among equal lines. A run of changed lines whose last line equals the one before it can slide up, one whose first
/// line equals the one behind it down; both texts say the same either way. Runs that meet become one; a run ends beside a change of the other text
/// where it can, else as far down as it goes. This is git's rule, so that merges of equal texts have equal bytes.
/// </summary>
internal static class ChangeSlides
{
    public static void Settle(ReadOnlySpan<int> lines, bool[] changed, bool[] others)
    {
        var run = new Run(changed);
        var other = new Run(others);
        do
        {
            if (!run.IsEmpty)
                Settle(lines, run, other);
        }
        while (run.Next() && other.Next());
    }

    private static void Settle(ReadOnlySpan<int> lines, Run run, Run other)
    {
        int size, highestEnd, endBesideOther;
        do
        {
            size = run.End - run.Start;
            while (run.SlideUp(lines))
                other.Previous();
            highestEnd = run.End;
            endBesideOther = other.IsEmpty ? -1 : run.End;
            while (run.SlideDown(lines))
            {
                other.Next();
                if (!other.IsEmpty)
                    endBesideOther = run.End;
            }
        }
        while (size != run.End - run.Start);
        if (run.End == highestEnd || endBesideOther < 0)
            return;
        while (other.IsEmpty)
        {
            run.SlideUp(lines);
            other.Previous();
        }
    }

    /// <summary>A run of changed lines; between two unchanged lines there is an empty one, so that both texts have equally many.</summary>
    private sealed class Run
    {
        private readonly bool[] _changed;

        public Run(bool[] changed)
        {
            _changed = changed;
            End = Down(0);
        }

        public int Start { get; private set; }

        public int End { get; private set; }

        public bool IsEmpty => Start == End;

        public bool Next()
        {
            if (End == _changed.Length)
                return false;
            Start = End + 1;
            End = Down(Start);
            return true;
        }

        public void Previous()
        {
            End = Start - 1;
            Start = Up(End);
        }

        public bool SlideUp(ReadOnlySpan<int> lines)
        {
            if (Start == 0 || lines[Start - 1] != lines[End - 1])
                return false;
            (_changed[--Start], _changed[--End]) = (true, false);
            Start = Up(Start);
            return true;
        }

        public bool SlideDown(ReadOnlySpan<int> lines)
        {
            if (End == lines.Length || lines[Start] != lines[End])
                return false;
            (_changed[Start++], _changed[End++]) = (false, true);
            End = Down(End);
            return true;
        }

        private int Down(int at)
        {
            while (at < _changed.Length && _changed[at])
                at++;
            return at;
        }

        private int Up(int at)
        {
            while (at > 0 && _changed[at - 1])
                at--;
            return at;
        }
    }
}
