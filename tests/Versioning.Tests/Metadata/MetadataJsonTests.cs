using System.Text;
using Temper.Core.Errors;
using Temper.Versioning.Metadata;

namespace Temper.Versioning.Tests;

/// <summary>The numbers are those of RFC 8785, appendix B.</summary>
public sealed class MetadataJsonTests
{
    [Theory]
    [InlineData(0x0000000000000000, "0")]
    [InlineData(0x8000000000000000, "0")]
    [InlineData(0x0000000000000001, "5e-324")]
    [InlineData(0x8000000000000001, "-5e-324")]
    [InlineData(0x7fefffffffffffff, "1.7976931348623157e+308")]
    [InlineData(0xffefffffffffffff, "-1.7976931348623157e+308")]
    [InlineData(0x4340000000000000, "9007199254740992")]
    [InlineData(0xc340000000000000, "-9007199254740992")]
    [InlineData(0x4430000000000000, "295147905179352830000")]
    [InlineData(0x44b52d02c7e14af5, "9.999999999999997e+22")]
    [InlineData(0x44b52d02c7e14af6, "1e+23")]
    [InlineData(0x44b52d02c7e14af7, "1.0000000000000001e+23")]
    [InlineData(0x444b1ae4d6e2ef4e, "999999999999999700000")]
    [InlineData(0x444b1ae4d6e2ef4f, "999999999999999900000")]
    [InlineData(0x444b1ae4d6e2ef50, "1e+21")]
    [InlineData(0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7")]
    [InlineData(0x3eb0c6f7a0b5ed8d, "0.000001")]
    [InlineData(0x41b3de4355555553, "333333333.3333332")]
    [InlineData(0x41b3de4355555557, "333333333.33333343")]
    [InlineData(0xbecbf647612f3696, "-0.0000033333333333333333")]
    [InlineData(0x43143ff3c1cb0959, "1424953923781206.2")]
    public void Numbers_are_spelled_as_the_standard_says(ulong bits, string expected) =>
        Assert.Equal(expected, MetadataJson.Number(BitConverter.UInt64BitsToDouble(bits)));

    [Fact]
    public void Equal_values_have_equal_bytes()
    {
        const string first = "{\"b\": [1.0, 1e2, -0, \"\\u00e9\\u20ac\\ud83d\\ude00\\u000f\\n\\/\"], \"a\": {\"z\": null, \"\": true}, \"\\ue000\": 1, \"\\ud83d\\ude00\": 2}";
        const string second = "\uFEFF{\"a\":{\"\":true,\"z\":null},\"b\":[1,100,0,\"é€😀\\u000F\\n/\"],\"😀\":2.0,\"\ue000\":1}";
        Assert.Equal(Canonical(first), Canonical(second));
        Assert.Equal("{\"a\":{\"\":true,\"z\":null},\"b\":[1,100,0,\"é€😀\\u000f\\n/\"],\"😀\":2,\"\ue000\":1}", Canonical(first));
    }

    [Fact]
    public void The_spelling_for_people_says_the_same()
    {
        var value = MetadataJson.Parse("{\"b\":[],\"a\":{\"x\":[1,{}]}}"u8.ToArray(), "f");
        var pretty = Encoding.UTF8.GetString(MetadataJson.Pretty(value));
        Assert.Equal("{\n  \"a\": {\n    \"x\": [\n      1,\n      {}\n    ]\n  },\n  \"b\": []\n}\n", pretty);
        Assert.Equal(MetadataJson.Canonical(value), MetadataJson.Canonical(MetadataJson.Parse(Encoding.UTF8.GetBytes(pretty), "f")));
    }

    [Theory]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("{\"a\":\"\\ud800\"}")]
    [InlineData("{\"\\udc00\":1}")]
    [InlineData("9007199254740993")]
    [InlineData("1e999")]
    [InlineData("[1,]")]
    [InlineData("{} {}")]
    [InlineData("")]
    [InlineData("NaN")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]")]
    public void What_has_no_one_meaning_is_refused(string text) =>
        Assert.Equal("metadata_invalid", Assert.Throws<TemperException>(() => MetadataJson.Parse(Encoding.UTF8.GetBytes(text), "f.json")).Code);

    private static string Canonical(string text) => Encoding.UTF8.GetString(MetadataJson.Canonical(MetadataJson.Parse(Encoding.UTF8.GetBytes(text), "f")));
}
