using System.Threading.Channels;
using Temper.Core.Errors;
using Temper.Training.Planning;
using Temper.Training.Recipes;

namespace Temper.Training;

/// <summary>Looks at loss and gradient norm before an update may use them: a destroyed model is never made, so never saved.</summary>
internal sealed class Guard(BadNumberPolicy policy, ChannelWriter<TrainEvent> events, int dropped)
{
    private const int MostDropped = 3;
    private int _dropped = dropped;

    /// <summary>Whether the update may be made. <paramref name="step"/> is 1-based.</summary>
    /// <exception cref="TemperException"><c>loss_not_finite</c>.</exception>
    public bool Accept(int step, double loss, double norm, IEnumerable<MicroBatch> batches)
    {
        if (double.IsFinite(loss) && double.IsFinite(norm))
        {
            _dropped = 0;
            return true;
        }
        var records = string.Join(", ", batches.SelectMany(b => b.Records).Select(r => r.Short).Distinct().Take(8));
        var what = FormattableString.Invariant($"In step {step} the loss is {loss} and the gradient norm {norm}; records {records}");
        if (policy == BadNumberPolicy.Fail)
            throw new TemperException("loss_not_finite", what + ".");
        if (++_dropped >= MostDropped)
            throw new TemperException("loss_not_finite", $"{what}; this is the {MostDropped}rd dropped update in a row.");
        events.TryWrite(new TrainEvent.Said("warn", what + ": the update is dropped."));
        return false;
    }
}
