using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Tidegate.Pilot.Yaml;

namespace Tidegate.Pilot.Tests.Sources;

public sealed class YamlReaderTests
{
    // What sigs.k8s.io/yaml (go-yaml v2) makes of each value.
    [Theory]
    [InlineData("yes", "true")]
    [InlineData("Yes", "true")]
    [InlineData("YES", "true")]
    [InlineData("y", "true")]
    [InlineData("Y", "true")]
    [InlineData("on", "true")]
    [InlineData("ON", "true")]
    [InlineData("True", "true")]
    [InlineData("no", "false")]
    [InlineData("n", "false")]
    [InlineData("Off", "false")]
    [InlineData("FALSE", "false")]
    [InlineData("yEs", "\"yEs\"")]
    [InlineData("\"yes\"", "\"yes\"")]
    [InlineData("'on'", "\"on\"")]
    [InlineData("~", "null")]
    [InlineData("Null", "null")]
    [InlineData("'null'", "\"null\"")]
    [InlineData("nULL", "\"nULL\"")]
    [InlineData("80", "80")]
    [InlineData("+80", "80")]
    [InlineData("-80", "-80")]
    [InlineData("0x50", "80")]
    [InlineData("0X5f", "95")]
    [InlineData("-0x10", "-16")]
    [InlineData("0120", "80")]
    [InlineData("0o120", "80")]
    [InlineData("0b1010000", "80")]
    [InlineData("8_0", "80")]
    [InlineData("1_000_000", "1000000")]
    [InlineData("0x_50", "80")]
    [InlineData("_80", "\"_80\"")]
    [InlineData("08", "8")]
    [InlineData("0x", "\"0x\"")]
    [InlineData("0xg", "\"0xg\"")]
    [InlineData("0", "0")]
    [InlineData("00", "0")]
    [InlineData("-0", "0")]
    [InlineData("80.0", "80")]
    [InlineData("80.", "80")]
    [InlineData(".5", "0.5")]
    [InlineData("-.5", "-0.5")]
    [InlineData("1e3", "1000")]
    [InlineData("1E-2", "0.01")]
    [InlineData("1_0.5", "10.5")]
    [InlineData("1.2.3", "\"1.2.3\"")]
    [InlineData(".", "\".\"")]
    [InlineData("1e400", "\"1e400\"")]
    [InlineData("9223372036854775807", "9223372036854775807")]
    [InlineData("18446744073709551615", "1.8446744073709552E+19")]
    [InlineData("1:30", "\"1:30\"")]
    [InlineData("190:20:30.15", "\"190:20:30.15\"")]
    [InlineData("2026-01-02", "\"2026-01-02\"")]
    [InlineData("2026-01-02T15:04:05Z", "\"2026-01-02T15:04:05Z\"")]
    [InlineData("10.0.0.1", "\"10.0.0.1\"")]
    [InlineData("1s", "\"1s\"")]
    [InlineData("!!str 80", "\"80\"")]
    [InlineData("!!str yes", "\"yes\"")]
    [InlineData("!!int \"80\"", "80")]
    [InlineData("!!float 80", "80")]
    [InlineData("!!bool \"yes\"", "true")]
    [InlineData("!!binary aGVsbG8=", "\"hello\"")]
    [InlineData("!other 80", "\"80\"")]
    public void A_value_is_what_it_is_to_Kubernetes(string value, string json) => Assert.Equal($$"""{"a":{{json}}}""", Json($"a: {value}"));

    [Theory]
    [InlineData("a: .inf")]
    [InlineData("a: -.Inf")]
    [InlineData("a: .NaN")]
    [InlineData("a: !!int eighty")]
    [InlineData("a: !!binary '?'")]
    [InlineData("a: *nowhere")]
    [InlineData("a: &own [*own]")]
    [InlineData("? [a]\n: b")]
    [InlineData("~: b")]
    [InlineData("<<: 1")]
    [InlineData("<<: [1]")]
    public void What_is_nothing_in_JSON_is_an_error(string text) => Assert.NotNull(Assert.Single(YamlReader.Read(text)).Error);

    [Theory]
    [InlineData("1: a", """{"1":"a"}""")]
    [InlineData("0x10: a", """{"16":"a"}""")]
    [InlineData("1.50: a", """{"1.5":"a"}""")]
    [InlineData("yes: a", """{"true":"a"}""")]
    [InlineData("'yes': a", """{"yes":"a"}""")]
    [InlineData("2026-01-02: a", """{"2026-01-02":"a"}""")]
    [InlineData("&k name: *k", """{"name":"name"}""")]
    [InlineData("a: &k name\n*k : b", """{"a":"name","name":"b"}""")]
    public void A_key_is_a_text_whatever_it_looks_like(string text, string json) => Assert.Equal(json, Json(text));

    [Theory]
    [InlineData("base: &b {x: 1, y2: 2}\nit: {<<: *b, y2: 3}", """{"x":1,"y2":3}""")]
    [InlineData("base: &b {x: 1, y2: 2}\nit: {y2: 3, <<: *b}", """{"y2":2,"x":1}""")] // go-yaml v2: it counts where it stands
    [InlineData("base: &b {x: 1}\nother: &c {x: 2, z: 3}\nit: {<<: [*b, *c]}", """{"x":1,"z":3}""")]
    [InlineData("it: {<<: {x: 1}, z: 2}", """{"x":1,"z":2}""")]
    [InlineData("it: {\"<<\": {x: 1}}", """{"\u003C\u003C":{"x":1}}""")] // in quotes it is a key like any other
    public void A_merge_key_brings_in_what_it_names(string text, string json)
    {
        var root = (YamlMapping)Assert.Single(YamlReader.Read(text)).Root!;
        Assert.Equal(json, YamlJson.Write(root["it"]!));
    }

    [Fact]
    public void Of_a_key_that_is_there_twice_the_last_one_counts_and_it_is_told()
    {
        YamlDocument document = Assert.Single(YamlReader.Read("a: 1\nb: 2\na: 3\n"));

        Assert.Equal("""{"a":3,"b":2}""", YamlJson.Write(document.Root!));
        Assert.Equal(3, Assert.Single(document.Remarks).Line);
        Assert.Contains("in line 1 already", document.Remarks[0].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("headers:\n  on: x", "is read as true")]
    [InlineData("headers:\n  0x10: x", "in another form")]
    public void A_key_that_is_read_as_another_is_told(string text, string message)
    {
        YamlRemark remark = Assert.Single(Assert.Single(YamlReader.Read(text)).Remarks);

        Assert.Equal(2, remark.Line);
        Assert.Contains(message, remark.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_comes_after_three_dots_is_a_document_of_its_own() =>
        Assert.Equal(["""{"a":1}""", """{"b":2}"""], YamlReader.Read("a: 1\n...\nb: 2\n").Select(document => YamlJson.Write(document.Root!)));

    [Fact]
    public void Aliases_within_aliases_do_not_make_what_is_too_deep()
    {
        string text = string.Concat(Enumerable.Range(0, 40).Select(i => $"a{i}: &a{i} [[[[[{(i == 0 ? "x" : $"*a{i - 1}")}]]]]]\n"));

        Assert.Contains("levels deep", Assert.Single(YamlReader.Read(text)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_whole_number_is_the_same_in_each_of_its_forms() =>
        Check.QuickThrowOnFailure(Prop.ForAll(ArbMap.Default.ArbFor<int>(), number =>
        {
            string sign = number < 0 ? "-" : string.Empty;
            long size = Math.Abs((long)number);
            string[] forms =
            [
                $"{sign}{size}", $"{sign}0x{size:x}", $"{sign}0X{size:X}", $"{sign}0o{Convert.ToString(size, 8)}", $"{sign}0{Convert.ToString(size, 8)}",
                $"{sign}0b{Convert.ToString(size, 2)}", $"{sign}{string.Join('_', size.ToString(CultureInfo.InvariantCulture).ToCharArray())}", $"{sign}{size}.0",
            ];
            Assert.All(forms, form => Assert.Equal($$"""{"a":{{number}}}""", Json($"a: {form}")));
        }));

    [Fact]
    public void What_is_written_as_JSON_is_read_as_the_same() =>
        Check.QuickThrowOnFailure(Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), text =>
        {
            foreach (YamlDocument document in YamlReader.Read(text.Get).Where(document => document.Root is not null))
            {
                string json = YamlJson.Write(document.Root!);
                Assert.Equal(json, YamlJson.Write(Assert.Single(YamlReader.Read(json)).Root!));
            }
        }));

    private static string Json(string text)
    {
        YamlDocument document = Assert.Single(YamlReader.Read(text));
        Assert.Null(document.Error);
        return YamlJson.Write(document.Root!);
    }
}
