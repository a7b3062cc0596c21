namespace Tidegate.Proxy.Routing;

/// <summary>Takes authorities apart that the parser has validated already, and so needs no second validation.</summary>
internal static class AuthorityParts
{
    /// <summary>The authority without <c>:port</c>; the brackets of an IPv6 address stay.</summary>
    public static ReadOnlySpan<byte> WithoutPort(ReadOnlySpan<byte> authority)
    {
        // Five digits at most: the colon is near the end, or there is none.
        for (int i = authority.Length - 1; i >= 0; i--)
        {
            byte value = authority[i];
            if (value == (byte)':')
            {
                return authority[..i];
            }

            if ((uint)(value - '0') > 9)
            {
                break;
            }
        }

        return authority;
    }
}
