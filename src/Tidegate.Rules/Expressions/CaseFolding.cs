using System.Text;

namespace Tidegate.Rules.Expressions;

/// <summary>Code points that are one letter in different cases (Unicode's simple folding, of the planes that have cases).</summary>
internal static class CaseFolding
{
    private const int EndOfCasedPlanes = 0x20000;

    private static readonly Lazy<int[][]> All = new(Compute);

    /// <summary>The groups, each of two members or more.</summary>
    public static int[][] Groups => All.Value;

    private static int[][] Compute()
    {
        Dictionary<int, List<int>> groups = [];
        for (int value = 0; value < EndOfCasedPlanes; value++)
        {
            if (Rune.TryCreate(value, out Rune rune) && (Rune.ToUpperInvariant(rune) != rune || Rune.ToLowerInvariant(rune) != rune))
            {
                int upper = Rune.ToUpperInvariant(rune).Value;
                if (!groups.TryGetValue(upper, out List<int>? members))
                {
                    groups.Add(upper, members = []);
                }

                members.Add(value);
            }
        }

        // Two signs that are letters of ASCII with another code; their capital is themselves.
        groups['K'].Add(0x212A);
        groups['\u00C5'].Add(0x212B);
        return [.. groups.Values.Where(static members => members.Count > 1).Select(static members => members.Distinct().ToArray())];
    }
}
