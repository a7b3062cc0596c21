namespace Tidegate.Printing;

/// <summary>Rows in a grid of bars and dashes, as <c>minikube service list</c> draws it: headings in the middle, cells at the left.</summary>
/// <param name="headings">The heading of each column.</param>
public sealed class GridTable(params string[] headings)
{
    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row with a cell for each column.</summary>
    public void Add(params string[] cells) => _rows.Add(cells);

    /// <summary>Writes the grid.</summary>
    public void WriteTo(TextWriter output)
    {
        int[] widths = [.. headings.Select((heading, column) => 2 + _rows.Select(row => row[column].Length).Append(heading.Length).Max())];
        string rule = $"|{string.Join('|', widths.Select(width => new string('-', width)))}|\n";
        output.Write(rule);
        output.Write($"|{string.Join('|', headings.Select((heading, column) => Centred(heading, widths[column])))}|\n");
        output.Write(rule);
        foreach (string[] row in _rows)
        {
            output.Write($"|{string.Join('|', row.Select((cell, column) => $" {cell}".PadRight(widths[column])))}|\n");
        }

        output.Write(rule);
    }

    private static string Centred(string text, int width) => text.PadLeft(text.Length + ((width - text.Length) / 2)).PadRight(width);
}
