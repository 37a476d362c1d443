using System.IO.Pipes;
using Temper.Core.Errors;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Objectives;
using Temper.Training.Planning;
using Temper.Training.Ranks;

namespace Temper.Training.Tests.Ranks;

/// <summary>Followers that are not what they should be: each is an error with its rank, never a wrong sum.</summary>
public sealed class CrewTests : IDisposable
{
    private readonly IEngine _engine = CpuEngine.Create(1);
    private readonly Decoder _model;
    private readonly LoraAdapter _adapter;
    private readonly CausalObjective _objective;
    private readonly Recipes.Recipe _recipe = Tiny.Recipe("lora: {r: 2}\ntraining: {gradient_accumulation_steps: 3}");

    public CrewTests()
    {
        _model = Decoder.Create(_engine, Tiny.Config, 11, _ => false);
        _adapter = LoraAdapter.Create(_model, new LoraConfig { Rank = 2, TargetModules = ["all-linear"] }, 1);
        _objective = new(_model, _adapter, _recipe);
    }

    private HelloFrame Hello => HelloFrame.Of(_objective, _recipe, "1");

    [Fact]
    public void One_of_another_build_arithmetic_or_recipe_is_refused_by_name_before_the_first_step()
    {
        var error = Refused((_, output) => output.Write(FrameKind.Hello, (Hello with { Code = "2", Numerics = "other", Recipe = "0" }).ToBytes()));
        Assert.All(error.Problems, p => Assert.Equal("replicas_differ", p.Code));
        Assert.Equal(["code version", "numerics", "recipe"], error.Problems.Select(p => p.Message.Split(" another ")[1].Split(" (")[0]));
        Assert.Contains("Worker process 1 has another code version (2) than the leader (1).", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_holds_other_weights_than_it_was_given_is_found_before_anything_is_made_of_what_it_says()
    {
        var error = Refused((input, output) =>
        {
            output.Write(FrameKind.Hello, Hello.ToBytes());
            while (input.Read() is { } frame)
                using (frame)
                    if (frame.Kind == FrameKind.Micro)
                    {
                        var micro = MicroFrame.Read(frame.Body);
                        output.Write(FrameKind.Replica, new byte[32]);
                        Answer(output, micro);
                    }
        }, measured: true);
        Assert.Equal("replicas_differ", error.Code);
        Assert.Contains("Worker process 1 of 2 has the trained weights 000000000000", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("noise", "does not keep to the protocol")]
    [InlineData("gone", "ended; it fell")]
    [InlineData("answers nobody", "an answer to micro-batch 7 of step -1, which it was not asked for")]
    [InlineData("another's gradient", "a gradient for rank 1 of 2")]
    [InlineData("a gradient out of place", "expected byte 0 of gradient")]
    public void One_that_says_what_makes_no_sense_ends_the_attempt(string what, string expected)
    {
        var error = Refused((input, output) =>
        {
            output.Write(FrameKind.Hello, Hello.ToBytes());
            while (input.Read() is { } frame)
                using (frame)
                    if (frame.Kind == FrameKind.Micro)
                    {
                        var head = new byte[SlopeHead.Size];
                        var micro = MicroFrame.Read(frame.Body);
                        switch (what)
                        {
                            case "noise":
                                output.Raw(System.Text.Encoding.UTF8.GetBytes("Unhandled exception. And many words more, on the wrong pipe."));
                                return;
                            case "gone":
                                return;
                            case "answers nobody":
                                Answer(output, micro with { Place = 7 });
                                break;
                            default:
                                new SlopeHead(what[0] == 'a' && what[1] == 'n' ? 1 : 0, 0, 2, 999, true, 0).Write(head);
                                output.Write(FrameKind.Slope, head, new byte[8]);
                                break;
                        }
                    }
        }, measured: what == "answers nobody");
        Assert.Equal("worker_process_lost", error.Code);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_fails_says_why_and_the_leader_passes_it_on()
    {
        var error = Refused((_, output) => output.Write(FrameKind.Failed, System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new[] { new Problem("storage_unavailable", "The shard is gone.") { File = "x.jsonl" } }, Core.Json.Wire.Json)));
        Assert.Equal(("storage_unavailable", "Worker process 1 of 2: The shard is gone.", "x.jsonl"), (error.Code, error.Problems[0].Message, error.Problems[0].File));
    }

    [Fact]
    public void A_backward_pass_hands_the_last_block_on_before_it_has_come_to_the_first()
    {
        var order = new List<string>();
        var firstGone = -1;
        var probe = new PassingObjective(_objective, (_, pass) =>
        {
            var border = pass.Border!;
            // Behind the border of block 1, so that the backward pass comes here right after it.
            return pass with { Border = (block, x) => block == 1 && x.RequiresGrad ? border(block, _engine.Checkpoint(new Bell(() => firstGone = order.Count), x)) : border(block, x) };
        });
        using var watched = new Passage(probe, _ => throw new InvalidOperationException("the first micro-batch takes nothing"), (head, _) => order.Add(Block(head.Tensor)));
        watched.Learn(new(new(1, 0, 0), 0, 2, 1, Micros(1)[0]), new(1, 1));
        Assert.Equal(["1", "0"], order.Distinct());
        Assert.Equal(order.Count(block => block == "1"), firstGone);
    }

    public void Dispose()
    {
        _adapter.Dispose();
        _model.Dispose();
        _engine.Dispose();
    }

    private string Block(int tensor) => WeightPlace.Block(_objective.Trained[tensor].Name)!.Value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static void Answer(Pipe output, MicroFrame micro) => output.Write(FrameKind.Losses, new LossFrame(micro.Pass.Step, micro.Place, 0, new(1, 1, [])).ToBytes());

    private static MicroBatch[] Micros(int count) => [.. Tiny.Examples(count).Select((example, i) => CausalObjective.LayTokens(i, [example]))];

    /// <summary>What a leader of two says of a follower that behaves so.</summary>
    private TemperException Refused(Action<FrameReader, Pipe> follower, bool measured = false)
    {
        using var down = new AnonymousPipeServerStream(PipeDirection.Out);
        using var up = new AnonymousPipeServerStream(PipeDirection.In);
        var (input, output) = (new AnonymousPipeClientStream(PipeDirection.In, down.ClientSafePipeHandle), new AnonymousPipeClientStream(PipeDirection.Out, up.ClientSafePipeHandle));
        var thread = new Thread(() =>
        {
            follower(new(new BufferedStream(input)), new(output, new FrameWriter(output)));
            output.Dispose();
            input.Dispose();
        });
        thread.Start();
        var update = new Update(Micros(3), 10, 10);
        try
        {
            using var crew = new Crew([new(1, up, down, () => "it fell", () => { })]);
            return Assert.Throws<TemperException>(() =>
            {
                crew.Meet(_objective, Hello, CancellationToken.None);
                if (measured)
                    _ = crew.Measure(update.MicroBatches).Count();
                else
                    crew.Descend(update, 1, 0, new RunControl());
            });
        }
        finally
        {
            thread.Join();
        }
    }

    /// <summary>The follower's end of the pipe to its leader, which may be closed by then.</summary>
    private sealed class Pipe(Stream stream, FrameWriter writer)
    {
        public void Write(FrameKind kind, byte[] first, byte[]? second = null)
        {
            try
            {
                writer.Write(kind, first, second);
            }
            catch (IOException)
            {
                // The leader has heard enough.
            }
        }

        public void Raw(byte[] bytes) => stream.Write(bytes);
    }

    /// <summary>Tells when the backward pass comes to where it is.</summary>
    private sealed class Bell(Action rung) : Recomputed
    {
        private bool _ran;

        public override Tensor Run(Tensor x)
        {
            if (_ran)
                rung();
            _ran = true;
            return x;
        }
    }
}
