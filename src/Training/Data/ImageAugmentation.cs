using Temper.Tensors;
using Temper.Training.Recipes;

namespace Temper.Training.Data;

/// <summary>Random changes of training images, a pure function of a key: another step, another change; the same step, the same bits.</summary>
/// <param name="Crop">Whether a window of the image's own size is laid over it, moved by at most an eighth of a side; what lies outside repeats the border.</param>
/// <param name="Flip">Whether every other image is mirrored, left to right.</param>
/// <param name="Side">Height and width in pixels.</param>
public sealed record ImageAugmentation(bool Crop, bool Flip, int Side)
{
    /// <summary>What a recipe asks for; null for none.</summary>
    public static ImageAugmentation? Of(IReadOnlyList<Augmentation>? asked, int side) =>
        asked is { Count: > 0 } ? new(asked.Contains(Augmentation.Crop), asked.Contains(Augmentation.Flip), side) : null;

    /// <summary>Changed copies of images [images, channels, side, side], each by numbers of its own.</summary>
    public float[] Apply(float[] pixels, RandomKey key)
    {
        var (changed, each, reach) = (new float[pixels.Length], 3 * Side * Side, Side / 8);
        for (var image = 0; image < pixels.Length / each; image++)
        {
            var (dx, dy) = Crop ? ((int)Philox.Below(key, 3L * image, (2 * reach) + 1) - reach, (int)Philox.Below(key, (3L * image) + 1, (2 * reach) + 1) - reach) : (0, 0);
            var mirrored = Flip && Philox.Below(key, (3L * image) + 2, 2) == 1;
            for (var channel = 0; channel < 3; channel++)
                for (var y = 0; y < Side; y++)
                {
                    var row = (image * each) + (((channel * Side) + Math.Clamp(y + dy, 0, Side - 1)) * Side);
                    var to = (image * each) + (((channel * Side) + y) * Side);
                    for (var x = 0; x < Side; x++)
                        changed[to + x] = pixels[row + Math.Clamp((mirrored ? Side - 1 - x : x) + dx, 0, Side - 1)];
                }
        }
        return changed;
    }
}
