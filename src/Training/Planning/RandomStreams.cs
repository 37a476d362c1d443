namespace Temper.Training.Planning;

/// <summary>What random numbers are for: the stream of a <see cref="Tensors.RandomKey"/>. Fixed for ever: another number would change the bits of old runs.</summary>
internal static class RandomStreams
{
    public const uint Shuffle = 0x101;
    public const uint Dropout = 0x102;
    public const uint Mixing = 0x103;
    public const uint EmbeddingNoise = 0x104;
    public const uint NewOrder = 0x105;
    public const uint Augmentation = 0x110;
    public const uint Sweep = 0x120;
}
