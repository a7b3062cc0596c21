namespace Tidegate.Http.Tests.Fuzzing;

/// <summary>Ways to cut an input into pieces: byte by byte, and at random, the same for the same input.</summary>
internal static class Splits
{
    public static IEnumerable<IReadOnlyList<int>> Of(byte[] input)
    {
        yield return [.. Enumerable.Range(0, input.Length)];
        Random random = new(input.Length);
        for (int i = 0; i < 2; i++)
        {
            yield return [.. Enumerable.Range(0, random.Next(6)).Select(_ => random.Next(input.Length + 1)).Order()];
        }
    }
}
