using FsCheck;
using FsCheck.Fluent;
using Tidegate.Pilot.Translation;

namespace Tidegate.Pilot.Tests.Translation;

public sealed class HostNamesTests
{
    [Fact]
    public void What_many_names_have_in_common_is_what_comparing_each_with_each_gives() =>
        Check.QuickThrowOnFailure(Prop.ForAll(Names().ToArbitrary(), Names().ToArbitrary(), (outer, inner) =>
        {
            List<string> expected = [];
            foreach (string a in outer)
            {
                foreach (string b in inner)
                {
                    string? narrower = HostNames.IsSubsetOf(a, b) ? a : HostNames.IsSubsetOf(b, a) ? b : null;
                    if (narrower is not null && !expected.Contains(narrower))
                    {
                        expected.Add(narrower);
                    }
                }
            }

            Assert.Equal(expected, HostNames.Intersect(outer, inner));
        }));

    [Fact]
    public void A_set_of_names_answers_as_each_of_them_does() =>
        Check.QuickThrowOnFailure(Prop.ForAll(Names().ToArbitrary(), Name().ToArbitrary(), (names, name) =>
        {
            var set = new HostNameSet(names);
            Assert.Equal(names.Any(own => HostNames.IsSubsetOf(name, own)), set.Covers(name));
            Assert.Equal(names.Any(own => HostNames.IsSubsetOf(name, own) || HostNames.IsSubsetOf(own, name)), set.Meets(name));
        }));

    private static Gen<string[]> Names() => from count in Gen.Elements(3, 40) from names in Gen.ArrayOf(Name(), count) select names;

    private static Gen<string> Name() =>
        from star in Gen.Elements("", "*", "*.") from labels in Gen.ListOf(Gen.Elements("a", "b", "ab", "c")).Resize(3) select star + string.Join('.', labels);
}
