using System.Text;

namespace Tidegate.EndToEnd.Tests.Harness;

/// <summary>A response as it came over the wire.</summary>
/// <param name="StatusLine">The first line.</param>
/// <param name="Headers">The fields.</param>
/// <param name="BodyBytes">The body, decoded from chunks.</param>
public sealed record WireResponse(string StatusLine, WireHeaders Headers, byte[] BodyBytes)
{
    /// <summary>The three digits.</summary>
    public int Status => int.Parse(StatusLine.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The body as text.</summary>
    public string Body => Encoding.UTF8.GetString(BodyBytes);
}
