using System.Text;

namespace Temper.Models;

/// <summary>One rendering: output, limits and the spans of generation tags.</summary>
internal sealed class JinjaRun(JinjaClock clock)
{
    private const int MostSteps = 2_000_000, LargestOutput = 10 << 20, DeepestCalls = 60, DeepestNesting = 1000;
    private readonly Stack<StringBuilder> captures = new();
    private StringBuilder output = new();
    private int steps;
    private int calls;
    private int depth;

    /// <summary>Places of generation tags in the output; those inside a captured block cannot be placed and are counted below.</summary>
    public List<TextSpan> Generations { get; } = [];

    /// <summary>Generation tags inside macros or set blocks.</summary>
    public int UnplacedGenerations { get; private set; }

    /// <summary>The clock of strftime_now.</summary>
    public JinjaClock Clock => clock;

    /// <summary>The whole output.</summary>
    public string Output => output.ToString();

    /// <summary>Counts work, so that every template ends.</summary>
    public void Step(int line, int weight = 1)
    {
        if ((steps += weight) > MostSteps) throw JinjaErrors.Limit(line, $"it takes more than {MostSteps} steps");
    }

    /// <summary>Begins a statement or an expression inside of others. Chains such as <c>a + a + …</c> nest as deep as they are long, and a stack that
    /// overflows ends the process.</summary>
    public void Enter(int line)
    {
        Step(line);
        if (++depth > DeepestNesting) throw JinjaErrors.Limit(line, $"it nests more than {DeepestNesting} deep");
    }

    /// <summary>Ends what <see cref="Enter"/> began.</summary>
    public void Leave() => depth--;

    /// <summary>Counts the reading of a whole value: a text or a list.</summary>
    public void Read(object? value, int line)
    {
        var weight = value switch { string text => text.Length / 64, IReadOnlyCollection<object?> list => list.Count / 16, OrderedDictionary<string, object?> dict => dict.Count / 16, _ => 0 };
        if (weight > 0) Step(line, weight);
    }

    /// <summary>Appends to the output.</summary>
    public void Write(string text, int line)
    {
        Step(line, text.Length / 16);
        if (output.Length + (long)text.Length > LargestOutput) throw JinjaErrors.Limit(line, $"it writes more than {LargestOutput} characters");
        output.Append(text);
    }

    /// <summary>What <paramref name="body"/> writes, as a value instead of output.</summary>
    public string Capture(Action body, int line)
    {
        if (++calls > DeepestCalls) throw JinjaErrors.Limit(line, $"macros call each other more than {DeepestCalls} deep");
        captures.Push(output);
        output = new StringBuilder();
        body();
        var text = output.ToString();
        output = captures.Pop();
        calls--;
        return text;
    }

    /// <summary>Runs <paramref name="body"/> and remembers what it wrote as the assistant's.</summary>
    public void Generation(Action body)
    {
        var start = output.Length;
        body();
        if (captures.Count == 0) Generations.Add(new TextSpan(start, output.Length));
        else UnplacedGenerations++;
    }
}
