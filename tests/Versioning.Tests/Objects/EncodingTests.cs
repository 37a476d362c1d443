using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using Temper.Versioning.Packs;
using Temper.Versioning.Paths;

namespace Temper.Versioning.Tests;

/// <summary>The vectors are those of docs/formats/objects.md; whoever changes one changes what every repository means.</summary>
public sealed class EncodingTests
{
    private static readonly Digest Hello = Digest.OfText("hello\n");

    [Fact]
    public void The_empty_tree_has_the_id_of_the_specification() =>
        Assert.Equal("6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321", ObjectIds.Of(ObjectKind.Tree, TreeCodec.Encode([])).Hex);

    [Fact]
    public void A_tree_has_the_bytes_and_the_id_of_the_specification()
    {
        var body = TreeCodec.Encode([new(EntryMode.File, "a.txt", Hello, 6), new(EntryMode.Folder, "a", ObjectIds.Of(ObjectKind.Tree, []), 0)]);
        Assert.Equal("3130303634342061" + "2e747874" + "00" + Hello.Hex + "0000000000000006"
            + "343030303020" + "61" + "00" + "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321" + "0000000000000000", Convert.ToHexStringLower(body));
        Assert.Equal(TreeVector, ObjectIds.Of(ObjectKind.Tree, body).Hex);
    }

    [Fact]
    public void A_commit_has_the_text_and_the_id_of_the_specification()
    {
        var body = CommitCodec.Encode(Sample());
        Assert.Equal($"""
            tree {Hello}
            meta {Hello}
            parent {Digest.OfText("1")}
            parent {Digest.OfText("2")}
            author Ada L <ada@example.org> 1700000000123 +0130
            committer  <> 0 -0500
            run job-01
            input datasets/support-bot@{Hello}

            First line

            More.

            """.ReplaceLineEndings("\n"), Encoding.UTF8.GetString(body));
        Assert.Equal(CommitVector, ObjectIds.Of(ObjectKind.Commit, body).Hex);
    }

    [Fact]
    public void A_tag_has_the_id_of_the_specification() =>
        Assert.Equal(TagVector, ObjectIds.Of(ObjectKind.Tag, TagCodec.Encode(new(Hello, ObjectKind.Commit, "v1", new("Ada L", "ada@example.org", 1_700_000_000_123, 90), "First.\n"))).Hex);

    [Fact]
    public void A_signature_stands_behind_the_other_headers_and_changes_the_id()
    {
        var commit = Sample() with { Sig = "x y z" };
        Assert.Equal("896e65187f84eb40a20e5deea822286c9db4159a1bc5e7dbec7be9b9edd8f058", ObjectIds.Of(ObjectKind.Commit, CommitCodec.Encode(commit)).Hex);
        Assert.Equal("x y z", CommitCodec.Decode(CommitCodec.Encode(commit)).Sig);
        var tag = new Tag(Hello, ObjectKind.Commit, "v1", new("Ada L", "ada@example.org", 1_700_000_000_123, 90), "First.\n") { Sig = "x y z" };
        Assert.Equal("1f626a3261c7bfb550cd0a32016aa79a94c3aa69b5079d521584a5c459cb18fb", ObjectIds.Of(ObjectKind.Tag, TagCodec.Encode(tag)).Hex);
        Assert.Equal(tag, TagCodec.Decode(TagCodec.Encode(tag)));
    }

    [Fact]
    public void A_commit_comes_back_as_it_was() => Holds<NonNull<string>, NonNull<string>, int>((name, message, number) =>
    {
        var who = new Signature(Line(name.Get), "x@y", Math.Abs((long)number), number % 1440);
        var commit = new Commit(Hello, who, who with { OffsetMinutes = 0 }, Whole(message.Get))
        {
            Parents = [.. Enumerable.Range(0, Math.Abs(number % 5)).Select(i => Digest.OfText($"{i}"))],
            Meta = number % 2 == 0 ? Hello : null,
            Inputs = number % 3 == 0 ? ["a@b"] : [],
        };
        var again = CommitCodec.Decode(CommitCodec.Encode(commit));
        return again.Message == commit.Message && again.Author == commit.Author && again.Committer == commit.Committer && again.Meta == commit.Meta
            && again.Parents.SequenceEqual(commit.Parents) && again.Inputs.SequenceEqual(commit.Inputs);
    });

    [Fact]
    public void A_tree_is_the_same_bytes_whatever_the_order_and_comes_back() => Holds<NonNull<string>[], int, bool>((names, seed, _) =>
    {
        var entries = names.Select(n => n.Get).Where(n => SafePart.Broken(n) is null).Distinct().Select((n, i) =>
            new TreeEntry(i % 3 == 0 ? EntryMode.Folder : EntryMode.File, n, Digest.OfText(n), i)).ToList();
        var body = TreeCodec.Encode(entries);
        var shuffled = entries.ToArray();
        new Random(seed).Shuffle(shuffled);
        return body.SequenceEqual(TreeCodec.Encode(shuffled)) && TreeCodec.Decode(body).ToHashSet().SetEquals(entries);
    });

    [Fact]
    public void Objects_with_a_changed_byte_are_read_as_another_object_or_refused() => Holds<NonNegativeInt, byte, bool>((place, change, _) =>
    {
        byte[][] bodies = [CommitCodec.Encode(Sample()), TreeCodec.Encode([new(EntryMode.File, "a.txt", Hello, 6), new(EntryMode.Folder, "b", Hello, 0)])];
        return bodies.Select((body, kind) =>
        {
            body[place.Get * 7 % body.Length] ^= change;
            try
            {
                var again = kind == 0 ? CommitCodec.Encode(CommitCodec.Decode(body)) : TreeCodec.Encode(TreeCodec.Decode(body));
                return again.AsSpan().SequenceEqual(body);
            }
            catch (TemperException error)
            {
                return error.Code == "object_corrupt";
            }
        }).All(ok => ok);
    });

    [Fact]
    public void Objects_come_out_of_their_stored_form_as_they_went_in() => Holds<byte[], PositiveInt, bool>((seed, repeat, _) =>
    {
        var body = Enumerable.Repeat(seed, repeat.Get * 50).SelectMany(b => b).ToArray();
        var (form, stored, _) = PackForms.Encode(ObjectKind.Chunk, body);
        return stored.Length <= body.Length && PackForms.Decode(form, stored.ToArray(), body.Length)!.AsSpan().SequenceEqual(body)
            && (form == PackForm.Raw || stored.Length <= body.Length * 0.9);
    });

    [Theory]
    [InlineData("a\nparent x")]
    [InlineData("")]
    public void A_line_break_cannot_forge_a_header(string input) =>
        Assert.Throws<ArgumentException>(() => CommitCodec.Encode(Sample() with { Inputs = [input] }));

    [Fact]
    public void A_recipe_is_the_bytes_of_the_specification_and_any_flipped_bit_is_found()
    {
        var recipe = new Recipe(Digest.OfText("aaabc"), 5, "gear-64k-1", [new(Digest.OfText("aaa"), 3), new(Digest.OfText("bc"), 2)]);
        var body = RecipeCodec.Encode(recipe);
        Assert.Equal(RecipeVector, Convert.ToHexStringLower(body));
        var again = RecipeCodec.Decode(body);
        Assert.Equal((recipe.File, 5, "gear-64k-1"), (again.File, again.Size, again.Chunker));
        Assert.Equal(recipe.Chunks, again.Chunks);
        Assert.Equal(recipe.File, ObjectIds.Of(ObjectKind.Recipe, body));
        for (var bit = 0; bit < body.Length * 8; bit++)
        {
            var flipped = (byte[])body.Clone();
            flipped[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.Equal("object_corrupt", Assert.Throws<TemperException>(() => RecipeCodec.Decode(flipped)).Code);
        }
        Assert.Equal("object_corrupt", Assert.Throws<TemperException>(() => RecipeCodec.Decode(RecipeCodec.Encode(recipe with { Size = 6 }))).Code);
    }

    private const string RecipeVector = "22bb60ab40303c3576dd90dd01ae018a055d80bb0cb6b462fd67af4a80fed8f2010000000500000000000000020000000a676561722d36346b2d31"
        + "9834876dcfb05cb167a5c24953eba58c4ac89b1adf57f28f2f9d09af107ee8f0030000001e0bbd6c686ba050b8eb03ffeedc64fdc9d80947fce821abbe5d6dc8d252c5ac02000000"
        + "9375dae11f7a041156f2f567f1ccf6b1396e5d5da6eb9b0d7508c38e5527305a";

    private const string TreeVector = "5e84102397bddcbe0d3f6950cf77a8885bd4f7922b0e5f69b8fd512cff7f178e";
    private const string CommitVector = "1da631dcb1d764ae9d01c35b5b4d00925b8f6a8fdb4fa08433cbde1d28cfd33c";
    private const string TagVector = "3871f0df9dbc248a6ac5ebb0b60d03b8f5d9583040684c58fb3df0c79f27172d";

    private static void Holds<T1, T2, T3>(Func<T1, T2, T3, bool> property) => Prop.ForAll(property).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    private static Commit Sample() => new(Hello, new("Ada L", "ada@example.org", 1_700_000_000_123, 90), new("", "", 0, -300), "First line\n\nMore.\n")
    {
        Meta = Hello,
        Parents = [Digest.OfText("1"), Digest.OfText("2")],
        Run = "job-01",
        Inputs = [$"datasets/support-bot@{Hello}"],
    };

    private static string Line(string text) => new string([.. Whole(text).Where(c => !char.IsControl(c) && c is not '<' and not '>')]).Trim();

    private static string Whole(string text) => new([.. text.Where(c => !char.IsSurrogate(c) && c != '\0')]);
}
