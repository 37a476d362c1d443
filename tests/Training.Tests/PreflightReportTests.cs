using Temper.Core.Ids;
using Temper.Models;
using Temper.Training.Data;
using Temper.Training.Previews;

namespace Temper.Training.Tests;

public sealed class PreflightReportTests
{
    private static readonly Tokenizer Tokenizer = Tokenizer.Parse(BpeTrainer.Train(["who made the box and why"], 280, ["<|im_start|>", "<|im_end|>"]));
    private static readonly int Stop = Tokenizer.IdOf("<|im_end|>")!.Value;

    [Fact]
    public void What_is_learned_is_marked_counted_and_said_to_end()
    {
        var report = Of(Enumerable.Range(0, 20).Select(i => Example(i, $"who made {i}? ", $"ada {i}", Stop)));
        Assert.Equal((20, 0, 20, 20), (report.Train, report.HeldOut, report.Stops.Checked, report.Stops.Ending));
        Assert.Equal(3, report.Examples.Count);
        Assert.Equal(("facts.jsonl", 1L), (report.Examples[0].File, report.Examples[0].Line));
        Assert.Equal([("who made 0? ", false), ("ada 0<|im_end|>", true)], report.Examples[0].Pieces.Select(p => (p.Text, p.Learnt)));
        Assert.Equal(report.Train, report.Lengths.Bins.Sum(b => b.Examples));
        Assert.Empty(report.Warnings);
    }

    [Fact]
    public void Copies_leaks_answers_without_an_end_and_too_little_of_it_all_are_warned_of()
    {
        var examples = Enumerable.Range(0, 5).Select(i => Example(i, "who? ", "ada")).ToArray();
        var report = Of(examples, [examples[0]]);
        Assert.Equal(["too_few_examples", "data_duplicate", "data_leak", "turn_end_not_trained"], report.Warnings.Select(w => w.Code));
        Assert.All(report.Warnings, w => Assert.NotNull(Core.Errors.ErrorCatalogue.Find(w.Code)));
    }

    [Fact]
    public void The_page_holds_everything_and_nothing_of_a_record_becomes_markup()
    {
        var page = PreflightHtml.Of(Of(Enumerable.Range(0, 12).Select(i => Example(i, "<script>alert(1)</script> ", $"</mark>{i}", Stop))), "a<b.yaml");
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.Contains("a&lt;b.yaml", page, StringComparison.Ordinal);
        Assert.Contains("<mark>&lt;/mark&gt;0&lt;|im_end|&gt;</mark>", page, StringComparison.Ordinal);
    }

    private static PreflightReport Of(IEnumerable<TrainExample> train, IReadOnlyList<TrainExample>? heldOut = null)
    {
        var examples = train.ToArray();
        var part = new DataPart("facts", Digest.OfText("facts"), examples.Length) { Places = [.. examples.Select((e, i) => new RecordPlace(e.Record, "facts.jsonl", i + 1))] };
        return PreflightReport.Of(new(examples, heldOut ?? [], [], [part]), Tokenizer, [Stop], Tiny.Recipe("data: {max_length: 64}"));
    }

    private static TrainExample Example(int i, string prompt, string answer, params int[] end)
    {
        var (asked, said) = (Tokenizer.Encode(prompt), Tokenizer.Encode(answer));
        return new(Digest.OfText($"{i}"), [.. asked, .. said, .. end], [.. Enumerable.Range(0, asked.Length + said.Length + end.Length).Select(t => t >= asked.Length)]);
    }
}
