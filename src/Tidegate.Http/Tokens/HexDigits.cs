using System.Runtime.CompilerServices;

namespace Tidegate.Http.Tokens;

/// <summary>Hexadecimal digits in ASCII.</summary>
internal static class HexDigits
{
    /// <summary>0 to 15, or -1 when the byte is no hexadecimal digit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ValueOf(byte value)
    {
        uint digit = (uint)(value - '0');
        if (digit <= 9)
        {
            return (int)digit;
        }

        uint letter = (uint)((value | 0x20) - 'a');
        return letter <= 5 ? (int)letter + 10 : -1;
    }
}
