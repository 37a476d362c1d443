using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Work;
using Temper.Models;
using Temper.Storage.Blobs;
using Temper.Storage.Cache;
using Temper.Tensors;
using Temper.Testing;
using Temper.Training.Data;

namespace Temper.Training.Tests;

public sealed class PreflightTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Tokenizer _tokenizer = Tokenizer.Parse(BpeTrainer.Train(["who made the box and why"], 280, ["<|im_start|>", "<|im_end|>"]));

    private IBlobStore Blobs => BlobStores.Open(_folder.Path, TimeProvider.System);

    [Fact]
    public async Task Tokens_are_made_once_and_kept_for_the_next_run()
    {
        var records = Enumerable.Range(0, 20).Select(i => Chat(i, $"why {i}", $"because {i}")).ToArray();
        var recipe = Tiny.Recipe("data: {max_length: 64}");
        var first = await RecordCache.OpenAsync(Blobs, "tokens", Digest.OfText("space"), TimeProvider.System, default);
        var made = await new Preflight(Builder(), first, recipe).RunAsync(records, default);
        var second = await RecordCache.OpenAsync(Blobs, "tokens", Digest.OfText("space"), TimeProvider.System, default);
        var kept = await new Preflight(Builder(), second, recipe).RunAsync(records, default);
        Assert.Equal((20, 0), (second.Counts.Hits, second.Counts.Misses));
        Assert.Equal(made.Train.Select(e => Convert.ToHexString(TokenCache.Encode(new Example(e.Tokens, e.Supervised)))), kept.Train.Select(e => Convert.ToHexString(TokenCache.Encode(new Example(e.Tokens, e.Supervised)))));
    }

    [Fact]
    public void Kept_tokens_are_not_mixed_with_those_of_other_names_of_special_tokens_another_first_stop_token_or_other_options()
    {
        static ChatTemplate Template(string bos) => ChatTemplate.Parse("{{ bos_token }}", new Dictionary<string, string> { ["bos_token"] = bos });
        Digest[] spaces =
        [
            TokenCache.Space(_tokenizer, Template("<s>"), [1, 2], new()), TokenCache.Space(_tokenizer, Template("<bos>"), [1, 2], new()), TokenCache.Space(_tokenizer, Template("<s>"), [2, 1], new()),
            TokenCache.Space(_tokenizer, null, [1, 2], new()), TokenCache.Space(_tokenizer, Template("<s>"), [1, 2], new() { MaxLength = 7 }),
        ];
        Assert.Equal(spaces.Length, spaces.Distinct().Count());
        Assert.Equal(spaces[0], TokenCache.Space(_tokenizer, Template("<s>"), [1, 2], new()));
    }

    [Fact]
    public async Task A_few_records_without_anything_to_learn_are_left_out_and_told_and_many_fail_the_job()
    {
        var recipe = Tiny.Recipe("data: {max_length: 64}");
        var records = Enumerable.Range(0, 20).Select(i => Chat(i, $"why {i}", $"because {i}", weight: i == 3 ? 0 : 1)).ToArray();
        var data = await new Preflight(Builder(), null, recipe).RunAsync(records, default);
        Assert.Equal(19, data.Train.Count);
        Assert.Contains("no_supervised_tokens", Assert.Single(data.Notes), StringComparison.Ordinal);
        var error = await Assert.ThrowsAsync<TemperException>(() => new Preflight(Builder(), null, recipe).RunAsync([.. records.Select(r => r with { Messages = [r.Messages![0], r.Messages[1] with { Weight = 0 }] })], default));
        Assert.Equal("no_supervised_tokens", error.Code);
    }

    [Fact]
    public async Task An_answer_that_would_be_cut_names_its_line_and_dropping_is_a_choice()
    {
        CanonicalRecord[] records = [Chat(1, "why", "so"), Chat(2, "why", string.Concat(Enumerable.Repeat("because ", 40)))];
        var error = await Assert.ThrowsAsync<TemperException>(() => new Preflight(Builder(), null, Tiny.Recipe("data: {max_length: 48}")).RunAsync(records, default));
        Assert.Equal(("data_too_long", "chats.jsonl", 2L), (error.Code, error.Problems[0].File, error.Problems[0].Line));
        Assert.Single((await new Preflight(Builder(OverlengthPolicy.Drop), null, Tiny.Recipe("data: {max_length: 48, on_overlength: drop}")).RunAsync(records, default)).Train);
    }

    [Fact]
    public async Task A_turn_that_does_not_end_with_a_stop_token_fails_the_job()
    {
        var builder = new ExampleBuilder(_tokenizer, ChatTemplate.Parse(ChatTemplate.ChatMl), [_tokenizer.IdOf("<|im_start|>")!.Value], new ExampleOptions { MaxLength = 64 });
        Assert.Equal("turn_end_not_trained", (await Assert.ThrowsAsync<TemperException>(() => new Preflight(builder, null, Tiny.Recipe("data: {max_length: 64}")).RunAsync([Chat(1, "why", "so")], default))).Code);
    }

    [Fact]
    public async Task What_is_wrong_with_every_record_in_the_same_words_is_said_once_with_the_first_places()
    {
        var builder = new ExampleBuilder(_tokenizer, ChatTemplate.Parse(ChatTemplate.ChatMl), [_tokenizer.IdOf("<|im_start|>")!.Value], new ExampleOptions { MaxLength = 64 });
        var error = await Assert.ThrowsAsync<TemperException>(() => new Preflight(builder, null, Tiny.Recipe("data: {max_length: 64}")).RunAsync([.. Enumerable.Range(1, 60).Select(i => Chat(i, $"why {i}", "so"))], default));
        var problem = Assert.Single(error.Problems);
        Assert.Equal(("turn_end_not_trained", "chats.jsonl", 1L), (problem.Code, problem.File, problem.Line));
        Assert.EndsWith("60 of 60 records, the first at chats.jsonl:1, chats.jsonl:2, chats.jsonl:3.", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_to_train_on_and_another_format_are_refused()
    {
        Assert.Equal("training_data_empty", (await Assert.ThrowsAsync<TemperException>(() => new Preflight(Builder(), null, Tiny.Recipe("")).RunAsync([], default))).Code);
        Assert.Equal("training_data_empty", (await Assert.ThrowsAsync<TemperException>(() => new Preflight(Builder(), null, Tiny.Recipe("data: {validation: 5}")).RunAsync([Chat(1, "why", "so")], default))).Code);
        Assert.Equal("data_wrong_format", (await Assert.ThrowsAsync<TemperException>(() => new Preflight(Builder(), null, Tiny.Recipe("data: {format: text}")).RunAsync([Chat(1, "why", "so")], default))).Code);
    }

    [Fact]
    public void A_record_stays_on_its_side_of_the_split_when_others_come()
    {
        var all = Tiny.Examples(400);
        var (_, few) = HoldOut.Split(all[..200], 0.1, 42);
        var (train, more) = HoldOut.Split(all, 0.1, 42);
        Assert.Subset(more.Select(e => e.Record).ToHashSet(), few.Select(e => e.Record).ToHashSet());
        Assert.InRange(more.Count, 20, 60);
        Assert.Equal(400, train.Count + more.Count);
        Assert.Equal(7, HoldOut.Split(all, 7, 42).HeldOut.Count);
        Assert.NotEqual(more.Select(e => e.Record), HoldOut.Split(all, 0.1, 43).HeldOut.Select(e => e.Record));
    }

    [Fact]
    public async Task A_flipped_bit_in_the_kept_tokens_is_noticed_and_they_are_made_anew()
    {
        var records = Enumerable.Range(0, 20).Select(i => Chat(i, $"why {i}", $"because {i}")).ToArray();
        var made = await Prepared(records, corrupt: 0);
        var shard = Assert.Single(Blobs.ListAsync("cache/tokens/", default).ToBlockingEnumerable().ToArray());
        await using (var stream = await Blobs.OpenAsync(shard.Key, 0, null, null, default))
        {
            using var copy = new MemoryStream();
            await stream.CopyToAsync(copy);
            var bytes = copy.ToArray();
            bytes[40] ^= 0x10;
            await Blobs.ReplaceAsync(shard.Key, bytes, shard.ETag, default);
        }
        var again = await Prepared(records, corrupt: 1);
        Assert.Equal(made, again);
        Assert.Equal(made, await Prepared(records, corrupt: 0, misses: 0));
    }

    [Fact]
    public async Task Several_datasets_are_checked_together_and_keep_apart_what_is_held_out()
    {
        CanonicalRecord[] first = [.. Enumerable.Range(0, 30).Select(i => Chat(i, $"why {i}", $"because {i}"))], second = [.. first[..10], .. Enumerable.Range(50, 20).Select(i => Chat(i, $"why {i}", $"so {i}"))];
        var recipe = Tiny.Recipe("data: {max_length: 64, validation: 0.3}");
        var data = await new Preflight(Builder(), null, recipe).RunAllAsync([new(new("a"), Digest.OfText("a"), first), new(new("b") { Repeats = 1 }, Digest.OfText("b"), second)], default);
        Assert.Equal(["a", "b"], data.Parts.Select(p => p.Id));
        Assert.Equal((60, data.Train.Count), (data.Train.Count + data.HeldOut.Count, data.Parts.Sum(p => p.Count)));
        Assert.Equal(data.Train.Select(e => e.Record), data.Parts.SelectMany(p => p.Places!).Select(p => p.Record));
        Assert.Empty(data.Train.Select(e => e.Record).Intersect(data.HeldOut.Select(e => e.Record)));
        var error = await Assert.ThrowsAsync<TemperException>(() => new Preflight(Builder(), null, Tiny.Recipe("data: {max_length: 48}")).RunAllAsync([new(new("a"), default, [Chat(1, "why", "so")]), new(new("b"), default, [Chat(2, "why", string.Concat(Enumerable.Repeat("because ", 40)))]), new(new("c"), default, [])], default));
        Assert.Equal(["data_too_long", "training_data_empty"], error.Problems.Select(p => p.Code));
        Assert.Equal("b: chats.jsonl", error.Problems[0].File);
    }

    [Fact]
    public async Task Answers_to_compare_and_images_are_refused_once_not_record_by_record()
    {
        CanonicalRecord[] records = [Chat(1, "why", "so"), .. Enumerable.Range(2, 60).Select(i => Chat(i, "why", $"so {i}") with { Kind = RecordKind.Preference }), Chat(70, "why", "no") with { Kind = RecordKind.Image }];
        var error = await Assert.ThrowsAsync<TemperException>(() => new Preflight(Builder(), null, Tiny.Recipe("data: {max_length: 64}")).RunAsync(records, default));
        Assert.Equal([("data_needs_preference_training", 2L), ("data_needs_image_training", 70L)], error.Problems.Select(p => (p.Code, p.Line!.Value)));
        Assert.StartsWith("60 of 62 records", error.Problems[0].Message);
    }

    [Fact]
    public void The_records_of_a_subset_stay_when_others_are_added()
    {
        var records = Enumerable.Range(0, 500).Select(i => Chat(i, $"why {i}", "so")).ToArray();
        var (few, more) = (LoadedDataset.Subset("a", records[..400], 100), LoadedDataset.Subset("a", records, 100));
        Assert.Equal((100, 100, 3), (few.Count, more.Count, LoadedDataset.Subset("a", records[..3], 100).Count));
        Assert.InRange(few.Intersect(more).Count(), 65, 95);
        Assert.Empty(more.Except(few).Intersect(records[..400]));
        Assert.Equal(more, records.Where(more.Contains));
        Assert.NotEqual(more, LoadedDataset.Subset("b", records, 100));
    }

    [Theory]
    [InlineData("records-00000.jsonl", 10)]
    [InlineData("manifest.json", 3)]
    public async Task A_sealed_version_with_one_wrong_byte_is_not_used(string file, int at)
    {
        var name = ResourceName.Parse("facts");
        var lines = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(Chat(1, "why", "so"), Wire.Json) + "\n");
        var manifest = JsonSerializer.SerializeToUtf8Bytes(new DatasetManifest(1, name, "key", new(1, 1, 0, 0, 0), [], [], [new("records-00000.jsonl", lines.Length, Digest.Of(lines))], Wire.ToElement(new { })), Wire.Json);
        var pin = new DatasetPin(name, 1, "key", Digest.OfText("c"), Digest.Of(manifest));
        foreach (var bytes in new[] { lines, manifest })
            await Blobs.CreateAsync(BlobLayout.Dataset(name, "key", bytes == lines ? "records-00000.jsonl" : "manifest.json"), new MemoryStream(bytes), default);
        Assert.Single(await SealedDataset.ReadAsync(Blobs, pin, default));
        var key = BlobLayout.Dataset(name, "key", file);
        var changed = (byte[])(file[0] == 'm' ? manifest : lines).Clone();
        changed[at] ^= 1;
        await Blobs.ReplaceAsync(key, changed, (await Blobs.FindAsync(key, default))!.ETag, default);
        var error = await Assert.ThrowsAsync<TemperException>(() => SealedDataset.ReadAsync(Blobs, pin, default));
        Assert.Equal("dataset_corrupt", error.Code);
        Assert.Contains(file, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_learns_plain_text_from_random_weights()
    {
        var documents = Pretraining.Documents(_tokenizer, Enumerable.Repeat("who made the box and why", 30), _tokenizer.IdOf("<|im_end|>"));
        using var engine = CpuEngine.Create(2);
        var events = Channel.CreateUnbounded<TrainEvent>();
        using var model = Pretraining.Run(engine, Tiny.Config with { VocabularySize = _tokenizer.VocabularySize }, documents,
            Tiny.Recipe("data: {max_length: 32, packing: true}\ntraining: {learning_rate: 0.01, max_steps: 40, per_device_train_batch_size: 8}"), TimeProvider.System, new RunControl(), events.Writer);
        events.Writer.Complete();
        var losses = events.Reader.ReadAllAsync().ToBlockingEnumerable().OfType<TrainEvent.StepDone>().Select(s => s.Metrics.Values["loss"]).ToArray();
        Assert.Equal(40, losses.Length);
        Assert.True(losses[^1] < losses[0] / 5, $"{losses[0]} to {losses[^1]}");
    }

    public void Dispose() => _folder.Dispose();

    private async Task<string> Prepared(CanonicalRecord[] records, int corrupt, int? misses = null)
    {
        var cache = await RecordCache.OpenAsync(Blobs, "tokens", Digest.OfText("space"), TimeProvider.System, default);
        var data = await new Preflight(Builder(), cache, Tiny.Recipe("data: {max_length: 64}")).RunAsync(records, default);
        Assert.Equal(corrupt, cache.Counts.Corrupt);
        Assert.Equal(misses ?? cache.Counts.Misses, cache.Counts.Misses);
        return string.Join(' ', data.Train.Select(e => Convert.ToHexString(TokenCache.Encode(new Example(e.Tokens, e.Supervised)))));
    }

    private ExampleBuilder Builder(OverlengthPolicy overlength = OverlengthPolicy.ErrorIfAnswerLost) => new(_tokenizer, ChatTemplate.Parse(ChatTemplate.ChatMl), [_tokenizer.IdOf("<|im_end|>")!.Value], new ExampleOptions { MaxLength = 48, OnOverlength = overlength });

    private static CanonicalRecord Chat(int line, string question, string answer, int weight = 1) => new(Digest.OfText($"{line} {question} {answer}"), RecordKind.Messages, new("chats.jsonl", line, 0))
    {
        Messages = [new("user", question), new("assistant", answer, weight)],
    };
}
