using System.Globalization;
using System.Text.RegularExpressions;
using Temper.Tensors;

namespace Temper.Cli.Demo;

/// <summary>One exchange of the base model's reading: a question about an invented product and its answer.</summary>
internal sealed record BaseChat(string Question, string Answer);

/// <summary>
/// The generated English that the demo's base model is pretrained on: question and answer chats about invented products, every fact asked in
/// many ways, and plain sentences. Item i is a pure function of the seed and i, on every machine. Nothing of samples/support-bot is in it.
/// </summary>
internal sealed partial class BaseCorpus
{
    private const uint ChatStream = 1, FactStream = 2, SlotStream = 3;
    private readonly BaseKnowledge knowledge;
    private readonly ulong seed;
    private readonly Fact[] facts;

    /// <summary>Decides what is true of each product.</summary>
    /// <param name="knowledge">Templates and lists.</param>
    /// <param name="products">How many products there are, 1 and up; each has a fact of every topic. Fewer are read about more often.</param>
    /// <param name="seed">Chooses names, values and order.</param>
    public BaseCorpus(BaseKnowledge knowledge, int products, ulong seed)
    {
        (this.knowledge, this.seed) = (knowledge, seed);
        facts = [.. from product in Enumerable.Range(0, products) from topic in knowledge.Topics from variant in Enumerable.Range(0, topic.Variants) select new Fact(product, topic, variant)];
        for (var i = 0; i < facts.Length; i++)
            facts[i] = Decide(facts[i], i);
    }

    /// <summary>Chat number <paramref name="index"/>.</summary>
    public BaseChat Chat(int index)
    {
        var draw = new Draws(new(seed, ChatStream, (uint)index));
        var fact = facts[draw.Below(facts.Length)];
        var question = Fill(fact, fact.Topic.Questions[(int)draw.Below(fact.Topic.Questions.Count)]);
        var open = draw.Below(4) == 0 ? Pick("open", draw.Below(1 << 20)).Trim() + " " : "";
        var close = draw.Below(6) == 0 ? " " + Pick("close", draw.Below(1 << 20)).Trim() : "";
        return new(open + (open.Length == 0 ? Capital(question) : question) + close, Capital(fact.Answer));
    }

    /// <summary>A line of prose: two facts told one after the other, or a stock sentence.</summary>
    public string Prose(int index)
    {
        var draw = new Draws(new(seed, ChatStream, (uint)index, MicroBatch: 1));
        if (draw.Below(3) == 0)
            return Pick("plain", draw.Below(1 << 20)).Trim();
        return string.Join(' ', Capital(facts[draw.Below(facts.Length)].Answer), Capital(facts[draw.Below(facts.Length)].Answer));
    }

    /// <summary>All text a tokenizer should see once: every list, template and stock sentence.</summary>
    public IEnumerable<string> Vocabulary() => knowledge.Lists.Values.SelectMany(l => l).Select(w => w.Trim()).Where(w => w.Length > 0);

    private Fact Decide(Fact fact, int index)
    {
        var draw = new Draws(new(seed, FactStream, (uint)index));
        var name = new Draws(new(seed, FactStream, (uint)fact.Product, MicroBatch: 1));
        var kind = Pick("kind", name.Below(1 << 20));
        // Half of the products are spoken of without a maker, as people do who own only one.
        fact = fact with { Name = fact.Product % 2 == 0 ? kind : $"{Pick("maker", fact.Product)} {kind}" };
        return fact with { Answer = Fill(fact, fact.Topic.Answers[(int)draw.Below(fact.Topic.Answers.Count)]) };
    }

    /// <summary>Puts product and list entries into a template. The n-th slot of one list gets the same entry in every template of a fact, so question and answer agree.</summary>
    private string Fill(Fact fact, string template)
    {
        var seen = new Dictionary<string, int>();
        return Slot().Replace(template, match =>
        {
            var name = match.Groups[1].Value;
            if (name == "P")
                return fact.Name;
            var occurrence = seen[name] = seen.GetValueOrDefault(name, -1) + 1;
            var key = new RandomKey(seed, SlotStream, (uint)fact.Product, MicroBatch: (uint)fact.Topic.Number, Site: (uint)(name.Length * 131 + name[0]));
            return name[0] == 'N' ? Number(match.Groups[2].Value, Philox.Below(key, occurrence, 1 << 20)) : Pick(name, Philox.Below(key, 0, 1 << 20) + fact.Variant + occurrence);
        });
    }

    private static string Number(string range, long draw)
    {
        var parts = range.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(p => int.Parse(p, CultureInfo.InvariantCulture)).ToArray();
        var step = parts.Length > 2 ? parts[2] : 1;
        return (parts[0] + step * (draw % ((parts[1] - parts[0]) / step + 1))).ToString(CultureInfo.InvariantCulture);
    }

    private string Pick(string list, long draw) => knowledge.Lists[list][draw % knowledge.Lists[list].Length];

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    [GeneratedRegex(@"\{(\w+)((?: \d+)*)\}")]
    private static partial Regex Slot();

    private sealed record Fact(int Product, BaseTopic Topic, int Variant)
    {
        public string Name { get; init; } = "";
        public string Answer { get; init; } = "";
    }

    private sealed class Draws(RandomKey key)
    {
        private long next;

        public long Below(long limit) => Philox.Below(key, next++, limit);
    }
}
