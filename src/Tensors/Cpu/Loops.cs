namespace Temper.Tensors;

/// <summary>A loop over elements or rows [from, to), any part of which may run on any thread.</summary>
internal interface IRange
{
    void Run(long from, long to);
}

/// <summary>The body of a loop over rows.</summary>
internal interface IRow
{
    void Run(long row);
}

/// <summary>A range in pieces of equal length.</summary>
internal readonly struct Pieces<TRange>(TRange range, long count, long piece) : IWork where TRange : struct, IRange
{
    public void Run(int item, int worker) => range.Run(item * piece, Math.Min(count, (item + 1) * piece));
}

/// <summary>Rows as a range.</summary>
internal readonly struct RowByRow<TRow>(TRow body) : IRange where TRow : struct, IRow
{
    public void Run(long from, long to)
    {
        for (var row = from; row < to; row++) body.Run(row);
    }
}
