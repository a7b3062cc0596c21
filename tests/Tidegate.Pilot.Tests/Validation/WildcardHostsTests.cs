using FsCheck;
using FsCheck.Fluent;
using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Tests.Validation;

public sealed class WildcardHostsTests
{
    [Fact]
    public void The_pairs_that_overlap_are_those_of_comparing_each_with_each()
    {
        Gen<string> host = from star in Gen.Elements("", "*", "*.") from labels in Gen.ListOf(Gen.Elements("a", "b", "ab")).Resize(3) select star + string.Join('.', labels);
        Check.QuickThrowOnFailure(Prop.ForAll(Gen.ListOf(host).Resize(12).ToArbitrary(), hosts =>
        {
            string[] list = [.. hosts];
            List<(int, int)> expected = [];
            for (int i = 0; i < list.Length; i++)
            {
                for (int j = i + 1; j < list.Length; j++)
                {
                    // Of a name that is there again, only the pair with its first place.
                    bool isFirst = Array.IndexOf(list, list[i]) == i;
                    bool isAgain = Array.IndexOf(list, list[j]) != j;
                    bool overlaps = WildcardHosts.IsSubset(list[i], list[j]) || WildcardHosts.IsSubset(list[j], list[i]);
                    if (isFirst && overlaps && (!isAgain || list[i] == list[j]))
                    {
                        expected.Add((i, j));
                    }
                }
            }

            Assert.Equal(expected.Order(), WildcardHosts.Overlaps(list));
        }));
    }
}
