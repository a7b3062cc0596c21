using FsCheck;
using FsCheck.Fluent;
using Tidegate.Pilot.Yaml;

namespace Tidegate.Pilot.Tests.Sources;

public sealed class PackedYamlTests
{
    [Fact]
    public void What_is_unpacked_is_what_was_packed()
    {
        Check.QuickThrowOnFailure(Prop.ForAll(Mappings().ToArbitrary(), mapping =>
        {
            var unpacked = PackedYaml.Pack(mapping)!.Unpack();
            Assert.Equal(Text(mapping), Text(unpacked));
            Assert.Equal(mapping.Size, unpacked.Size);
        }));
    }

    [Fact]
    public void Lines_do_not_count_for_what_is_said()
    {
        var here = (YamlMapping)YamlReader.Read("a: {b: [1, \"2\"]}").Single().Root!;
        var there = (YamlMapping)YamlReader.Read("\n\na:\n  b:\n  - 1\n  - \"2\"\n").Single().Root!;
        var other = (YamlMapping)YamlReader.Read("a: {b: [1, 2]}").Single().Root!;

        Assert.True(PackedYaml.Pack(here)!.HasSameContent(PackedYaml.Pack(there)!));
        Assert.False(PackedYaml.Pack(here)!.HasSameContent(PackedYaml.Pack(other)!));
    }

    private static Gen<YamlMapping> Mappings() => Gen.Sized(size =>
        from line in Gen.Choose(1, 1000)
        from entries in Gen.ListOf(from key in Texts() from at in Gen.Choose(1, 100_000) from value in Nodes(Math.Min(size, 4)) select new YamlEntry(key, at, value))
        select new YamlMapping(line, 1 + entries.Sum(entry => entry.Value.Size), [.. entries]));

    private static Gen<YamlNode> Nodes(int depth)
    {
        var scalar = from line in Gen.Choose(1, 100_000) from text in Texts() from type in Gen.Elements(Enum.GetValues<YamlScalarType>()) select (YamlNode)new YamlScalar(line, text, type);
        return depth == 0 ? scalar : Gen.OneOf(
            scalar,
            from line in Gen.Choose(1, 1000)
            from items in Gen.ListOf(Nodes(depth - 1)).Resize(4)
            select (YamlNode)new YamlSequence(line, 1 + items.Sum(item => item.Size), [.. items]));
    }

    private static Gen<string> Texts() => Gen.OneOf(ArbMap.Default.GeneratorFor<NonNull<string>>().Select(text => text.Get), Gen.Constant("\uD800 alone"), Gen.Constant("käse"));

    private static string Text(YamlNode node) => node switch
    {
        YamlScalar scalar => $"{scalar.Line}:{scalar.Type}:{scalar.Value}",
        YamlSequence sequence => $"{sequence.Line}:[{string.Join(",", sequence.Items.Select(Text))}]",
        YamlMapping mapping => $"{mapping.Line}:{{{string.Join(",", mapping.Entries.Select(entry => $"{entry.Line}:{entry.Key}={Text(entry.Value)}"))}}}",
        _ => "",
    };
}
