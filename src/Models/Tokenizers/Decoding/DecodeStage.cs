namespace Temper.Models;

/// <summary>A token, or a part of the text that tokens became.</summary>
/// <param name="Text">Its spelling so far.</param>
/// <param name="IsAdded">Whether it is an added token, which spells itself.</param>
internal readonly record struct DecodePiece(string Text, bool IsAdded);

/// <summary>A step from spellings to text, token by token; what is not complete is kept. One class per type of tokenizer.json's decoders,
/// made anew for every text.</summary>
internal abstract class DecodeStage
{
    /// <summary>Takes one piece and appends what became complete.</summary>
    public abstract void Push(DecodePiece piece, List<DecodePiece> output);

    /// <summary>Appends what was kept.</summary>
    public virtual void Finish(List<DecodePiece> output)
    {
    }
}

/// <summary>A chain of stages over the tokens of one text.</summary>
internal sealed class DecodeChain(IReadOnlyList<DecodeStage> stages)
{
    private List<DecodePiece> input = [], output = [];

    /// <summary>Text that became complete with this token.</summary>
    public string Push(DecodePiece token)
    {
        input.Add(token);
        return Run(0);
    }

    /// <summary>What is left.</summary>
    public string Finish()
    {
        var text = "";
        for (var first = 0; first < stages.Count; first++)
        {
            stages[first].Finish(input);
            text += Run(first + 1);
        }

        return text;
    }

    private string Run(int first)
    {
        for (var i = first; i < stages.Count; i++)
        {
            foreach (var piece in input) stages[i].Push(piece, output);
            input.Clear();
            (input, output) = (output, input);
        }

        var text = input.Count switch { 0 => "", 1 => input[0].Text, _ => string.Concat(input.Select(piece => piece.Text)) };
        input.Clear();
        return text;
    }
}
