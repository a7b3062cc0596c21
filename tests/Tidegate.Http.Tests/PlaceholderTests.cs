namespace Tidegate.Http.Tests;

public sealed class PlaceholderTests
{
    [Fact]
    public void Replace_me() => Assert.True(true);
}
