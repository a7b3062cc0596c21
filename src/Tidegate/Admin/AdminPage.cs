using System.Text;

namespace Tidegate.Admin;

/// <summary>One page of the admin port.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Help">What <c>/help</c> says of it.</param>
/// <param name="Answer">Makes its answer.</param>
/// <param name="IsMutating">Whether it changes something, so that only POST will do.</param>
internal sealed record AdminPage(string Path, string Help, Func<AdminContext, IQueryCollection, AdminAnswer> Answer, bool IsMutating = false);

/// <summary>What a page answers.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="ContentType">The content type.</param>
/// <param name="Body">The body.</param>
internal sealed record AdminAnswer(int Status, string ContentType, ReadOnlyMemory<byte> Body)
{
    /// <summary>A text with status 200.</summary>
    public static AdminAnswer Text(string text) => Text(StatusCodes.Status200OK, text);

    /// <summary>A text.</summary>
    public static AdminAnswer Text(int status, string text) => new(status, "text/plain; charset=UTF-8", Encoding.UTF8.GetBytes(text));

    /// <summary>JSON with status 200.</summary>
    public static AdminAnswer Json(string json) => new(StatusCodes.Status200OK, "application/json", Encoding.UTF8.GetBytes(json));
}
