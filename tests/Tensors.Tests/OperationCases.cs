namespace Temper.Tensors.Tests;

/// <summary>Every operation of the port in its ways, with sizes that fit no vector.</summary>
internal static class OperationCases
{
    public static readonly IReadOnlyList<OperationCase> All =
    [
        .. Shapes(), .. Pointwise(), .. Reductions(), .. Matrices(), .. Norms(), .. Attentions(), .. Losses(),
    ];

    public static TheoryData<string> Names => [.. All.Select(c => c.Name)];

    public static OperationCase Of(string name) => All.Single(c => c.Name == name);

    private static OperationCase Rows(string method, string kind, long width, Func<IEngine, Tensor, Tensor> body, Func<double, double>? values = null) =>
        new(method, kind, n => [[n, width]], (e, p, _, _) => body(e, p[0])) { RowWise = true, Values = values ?? (x => x) };

    private static IEnumerable<OperationCase> Shapes()
    {
        yield return Rows("Reshape", "", 6, (e, x) => e.Reshape(x, x.Size(0), 3, 2));
        yield return new("Transpose", "", n => [[n, 3, 5]], (e, p, _, _) => e.Transpose(p[0], 0, 2));
        yield return Rows("Narrow", "columns", 7, (e, x) => e.Narrow(x, 1, 2, 3));
        yield return new("Narrow", "rows", n => [[n + 3, 5]], (e, p, n, _) => e.Narrow(p[0], 0, 2, n));
        yield return Rows("Cat", "columns", 5, (e, x) => e.Cat([x, e.Scale(x, 2), x], 1));
        yield return new("Cat", "rows", n => [[n, 3], [2, 3]], (e, p, _, _) => e.Cat([p[0], p[1]], 0));
        yield return new("Gather", "", n => [[5, 7]], (e, p, n, _) => e.Gather(p[0], e.FromInts([.. Enumerable.Range(0, n).Select(i => i * 3 % 5)], n)));
        yield return new("Embedding", "", n => [[5, 7]], (e, p, n, _) => e.Embedding(e.FromInts([.. Enumerable.Range(0, n).Select(i => i * 2 % 5)], n), p[0]));
        // Eighths are exact in every type.
        yield return Rows("Cast", "", 5, (e, x) => e.Cast(e.Cast(x, DType.BF16), e.Info.Compute), x => Math.Round(x * 8) / 8);
    }

    private static IEnumerable<OperationCase> Pointwise()
    {
        yield return new("Add", "alike", n => [[n, 5], [n, 5]], (e, p, _, _) => e.Add(p[0], p[1])) { RowWise = true };
        yield return new("Add", "to rows", n => [[n, 5], [5]], (e, p, _, _) => e.Add(p[0], p[1])) { RowWise = true };
        yield return new("Add", "one number", n => [[n, 5], [1]], (e, p, _, _) => e.Add(p[0], p[1])) { RowWise = true };
        yield return new("Mul", "alike", n => [[n, 5], [n, 5]], (e, p, _, _) => e.Mul(p[0], p[1])) { RowWise = true };
        yield return new("Mul", "with rows", n => [[n, 5], [5]], (e, p, _, _) => e.Mul(p[0], p[1])) { RowWise = true };
        yield return new("Mul", "one number", n => [[n, 5], [1]], (e, p, _, _) => e.Mul(p[0], p[1])) { RowWise = true };
        yield return Rows("Scale", "", 5, (e, x) => e.Scale(x, -2.5));
        yield return Rows("Tanh", "", 19, (e, x) => e.Tanh(x));
        yield return Rows("Exp", "", 19, (e, x) => e.Exp(x));
        yield return Rows("LogSigmoid", "", 19, (e, x) => e.LogSigmoid(x), x => 8 * x);
        yield return Rows("Log1mExp", "", 19, (e, x) => e.Log1mExp(x), x => -Math.Abs(x) - 0.05);
        foreach (var act in Enum.GetValues<Act>()) yield return Rows("Activation", act.ToString(), 19, (e, x) => e.Activation(x, act));
        foreach (var act in new[] { Act.Silu, Act.GeluErf, Act.GeluTanh })
            yield return new("GatedAct", act.ToString(), n => [[n, 19], [n, 19]], (e, p, _, _) => e.GatedAct(p[0], p[1], act)) { RowWise = true };
        yield return new("Dropout", "", n => [[n, 19]], (e, p, _, _) => e.Dropout(p[0], new DropoutSpec(0.3f, new RandomKey(1, 2, 3, 4, 5))));
        yield return new("Checkpoint", "", n => [[n, 5], [5, 5]], (e, p, _, _) => e.Checkpoint(x => e.Tanh(e.Linear(x, p[1])), p[0])) { RowWise = true };
    }

    private static IEnumerable<OperationCase> Reductions()
    {
        yield return new("Sum", "of rows", n => [[n, 19]], (e, p, _, _) => e.Sum(p[0], 0));
        yield return Rows("Sum", "of columns", 19, (e, x) => e.Sum(x, 1, keep: true));
        yield return new("SegmentSum", "", n => [[n, 5]], (e, p, n, _) => e.SegmentSum(p[0], [n / 2, 0, n - n / 2]));
        yield return new("SegmentMean", "", n => [[n, 5]], (e, p, n, _) => e.SegmentMean(p[0], [n / 2, 0, n - n / 2]));
        yield return Rows("Softmax", "of rows", 19, (e, x) => e.Softmax(x));
        yield return new("Softmax", "of columns", n => [[3, n, 5]], (e, p, _, _) => e.Softmax(p[0], 0));
    }

    private static IEnumerable<OperationCase> Matrices()
    {
        foreach (var form in Enum.GetValues<FrozenForm>())
            yield return Rows("Freeze", form.ToString(), 97, (e, x) => e.Linear(x, e.Freeze(form, 45, 97, (first, rows) => Numbers.Normal(45 * 97, 9).Skip((int)first * 97).Take(rows.Length).Select(v => (float)v).ToArray().CopyTo(rows))));
        yield return new("BatchMatMul", "", n => [[n, 3, 5], [n, 5, 7]], (e, p, _, _) => e.BatchMatMul(p[0], p[1])) { RowWise = true };
        yield return new("BatchMatMul", "transposed", n => [[n, 3, 5], [n, 7, 5]], (e, p, _, _) => e.BatchMatMul(p[0], p[1], transposeB: true)) { RowWise = true };
        yield return new("Linear", "", n => [[n, 19], [17, 19]], (e, p, _, _) => e.Linear(p[0], p[1])) { RowWise = true };
        yield return new("Linear", "with bias", n => [[n, 19], [17, 19], [17]], (e, p, _, _) => e.Linear(p[0], p[1], p[2])) { RowWise = true };
        yield return new("LoraLinear", "", n => [[n, 19], [17, 19], [17], [3, 19], [17, 3]], (e, p, _, _) => e.LoraLinear(p[0], p[1], p[2], p[3], p[4], 1.5)) { RowWise = true };
        yield return new("LoraLinear", "with dropout", n => [[n, 19], [17, 19], [3, 19], [17, 3]], (e, p, _, _) => e.LoraLinear(p[0], p[1], null, p[2], p[3], 1.5, new DropoutSpec(0.3f, new RandomKey(1, 2, 3, 4, 5))));
        yield return new("LoraAdd", "", n => [[n, 17], [n, 19], [3, 19], [17, 3]], (e, p, _, _) => e.LoraAdd(p[0], p[1], p[2], p[3], 1.5)) { RowWise = true };
        yield return new("LoraAdd", "with dropout", n => [[n, 17], [n, 19], [3, 19], [17, 3]],
            (e, p, _, _) => e.LoraAdd(p[0], p[1], p[2], p[3], 1.5, new DropoutSpec(0.3f, new RandomKey(1, 2, 3, 4, 5))));
    }

    private static IEnumerable<OperationCase> Norms()
    {
        yield return new("RmsNorm", "", n => [[n, 19], [19]], (e, p, _, _) => e.RmsNorm(p[0], p[1], 1e-5)) { RowWise = true };
        yield return new("RmsNorm", "plus one", n => [[n, 19], [19]], (e, p, _, _) => e.RmsNorm(p[0], p[1], 1e-5, plusOne: true)) { RowWise = true };
        yield return new("LayerNorm", "", n => [[n, 19], [19]], (e, p, _, _) => e.LayerNorm(p[0], p[1], null, 1e-5)) { RowWise = true };
        yield return new("LayerNorm", "with bias", n => [[n, 19], [19], [19]], (e, p, _, _) => e.LayerNorm(p[0], p[1], p[2], 1e-5)) { RowWise = true };
        yield return new("Rope", "", n => [[n, 14]], (e, p, n, first) =>
            e.Rope(p[0], e.Random(5, 40, 3), e.Random(6, 40, 3), e.FromInts([.. Enumerable.Range(first, n).Select(i => i * 7 % 40)], n), 7))
        { RowWise = true };
    }

    private static IEnumerable<OperationCase> Attentions()
    {
        foreach (var (kind, causal, cap, window, heads, keyHeads) in new[]
                 {
                     ("causal", true, 0f, 0, 4, 2), ("both ways", false, 0f, 0, 3, 3), ("capped", true, 1.5f, 0, 2, 1), ("window", true, 0f, 3, 2, 2), ("capped window both ways", false, 1.5f, 2, 2, 1),
                 })
            yield return new("Attention", kind, n => [[n, heads * 5], [n, keyHeads * 5], [n, keyHeads * 5]], (e, p, n, _) => e.Attention(p[0], p[1], p[2], new AttentionSpec
            {
                Heads = heads,
                KeyValueHeads = keyHeads,
                HeadSize = 5,
                Scale = 0.6f,
                Causal = causal,
                SoftCap = cap,
                Window = window,
                Segments = AttentionSegment.FromLengths([n / 3, 0, n - n / 3]),
            }));
    }

    private static IEnumerable<OperationCase> Losses()
    {
        int[] Targets(int rows, int first) => [.. Enumerable.Range(first, rows).Select(i => i % 4 == 3 ? -1 : i * 5 % 17)];
        foreach (var cap in new[] { 0, 1.5 })
        {
            var kind = cap > 0 ? "capped" : "";
            yield return new("LinearCrossEntropy", kind, n => [[n, 7], [17, 7]], (e, p, n, first) => e.LinearCrossEntropy(p[0], p[1], e.FromInts(Targets(n, first), n), cap).Sum);
            yield return new("TokenLogProbs", kind, n => [[n, 7], [17, 7]], (e, p, n, first) => e.TokenLogProbs(p[0], p[1], e.FromInts(Targets(n, first), n), cap)) { RowWise = true };
        }
        // As texts are compared with each other: rows and weight come out of one pass.
        yield return new("LinearCrossEntropy", "with a weight that is computed", n => [[n, 7], [17, 7]], (e, p, n, first) =>
        {
            var all = e.Tanh(e.Cat([p[0], p[1]], 0));
            return e.LinearCrossEntropy(e.Narrow(all, 0, 0, n), e.Narrow(all, 0, n, 17), e.FromInts(Targets(n, first), n)).Sum;
        });
    }
}
