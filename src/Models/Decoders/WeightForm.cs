using Temper.Tensors;

namespace Temper.Models;

/// <summary>How a decoder keeps the matrices that are not trained. Whatever the form, results are exactly those of the numbers it holds.</summary>
public enum WeightForm
{
    /// <summary>In the engine's compute type.</summary>
    Real,

    /// <summary>As narrow as their files hold them, without changing a number: BF16 as BF16, NF4 in blocks of 64 as NF4, the rest as Real.</summary>
    AsStored,

    /// <summary>Rounded to BF16.</summary>
    BF16,

    /// <summary>Rounded to GGUF's Q8_0.</summary>
    Int8,

    /// <summary>Linear modules rounded to NF4 in blocks of 64, as QLoRA has them; tables and heads to BF16.</summary>
    NF4,

    /// <summary>The same with scales that are quantised once more (double quantisation).</summary>
    NF4Nested,
}

/// <summary>Chooses forms.</summary>
internal static class WeightForms
{
    /// <summary>The form of a slot that is not trained; null keeps it Real.</summary>
    public static FrozenForm? Of(WeightForm form, WeightSlot slot, bool linear, FrozenForm? stored) => slot.Shape.Length != 2 ? null : form switch
    {
        WeightForm.AsStored => stored,
        WeightForm.BF16 => FrozenForm.BF16,
        WeightForm.Int8 => FrozenForm.Int8,
        WeightForm.NF4Nested => linear ? FrozenForm.NF4Nested : FrozenForm.BF16,
        WeightForm.NF4 => linear ? FrozenForm.NF4 : FrozenForm.BF16,
        _ => null,
    };
}
