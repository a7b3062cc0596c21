using System.Text;
using Tidegate.Http.Paths;

namespace Tidegate.Http.Tests.Paths;

/// <summary>Parameters of a query, as they were written.</summary>
public sealed class QueryStringTests
{
    [Theory]
    [InlineData("", "a", null)]
    [InlineData("a", "a", "")]
    [InlineData("a=", "a", "")]
    [InlineData("a=1&a=2", "a", "1")]
    [InlineData("x&&a=1=2", "a", "1=2")]
    [InlineData("ab=1&A=2", "a", null)]
    [InlineData("%61=1", "a", null)]
    public void The_first_of_a_name_counts(string query, string name, string? value)
    {
        bool isThere = QueryString.TryFind(Encoding.ASCII.GetBytes(query), Encoding.ASCII.GetBytes(name), out ReadOnlySpan<byte> found);

        Assert.Equal(value, isThere ? Encoding.ASCII.GetString(found) : null);
    }
}
