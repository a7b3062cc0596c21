using System.Globalization;
using System.Text;

namespace Tidegate.Pilot.Validation;

/// <summary>Writes values as Go's <c>fmt</c> does, so that messages read as Istio's.</summary>
internal static class GoText
{
    /// <summary><c>%q</c>: in double quotes, with what cannot be printed escaped.</summary>
    public static string Quote(string text)
    {
        string escaped = Escape(text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal));
        return $"\"{escaped}\"";
    }

    /// <summary>With control characters escaped, so that it stays on one line.</summary>
    public static string Escape(string text)
    {
        if (!text.Any(char.IsControl))
        {
            return text;
        }

        var result = new StringBuilder(text.Length + 8);
        foreach (char c in text)
        {
            _ = c switch
            {
                '\n' => result.Append(@"\n"),
                '\r' => result.Append(@"\r"),
                '\t' => result.Append(@"\t"),
                _ when char.IsControl(c) => result.Append(CultureInfo.InvariantCulture, $@"\x{(int)c:x2}"),
                _ => result.Append(c),
            };
        }

        return result.ToString();
    }

    /// <summary><c>%v</c> of a number with a fraction: as short as it can be.</summary>
    public static string Short(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary><c>%f</c>: six digits after the point.</summary>
    public static string Fixed(double value) => value.ToString("F6", CultureInfo.InvariantCulture);

    /// <summary><c>%v</c> of a list of texts.</summary>
    public static string List(IEnumerable<string> items) => $"[{string.Join(' ', items)}]";
}
